import { sessionKey, type SessionRef } from '../contracts/index.ts';

/** Every key of the session log is built here. All keys of a session share one hash tag, hence one slot of a Redis Cluster. */
export interface LogKeys {
  readonly meta: string;
  readonly log: string;
  readonly ids: string;
  readonly channel: string;
}

/** The keys of a session. The scripts derive the text key of a step from `meta`; see `lua/shared.lua`. */
export function logKeys(ref: SessionRef): LogKeys {
  const prefix = `convoke:{${sessionKey(ref)}}:`;
  return { meta: `${prefix}meta`, log: `${prefix}log`, ids: `${prefix}ids`, channel: `${prefix}ch` };
}

/** The text of an open step. */
export function textKey(ref: SessionRef, step: string): string {
  return `convoke:{${sessionKey(ref)}}:t:${step}`;
}
