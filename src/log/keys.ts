import { sessionKey, type SessionRef } from '../contracts/index.ts';

/** Every key of the session log is built here. All keys of a session share one hash tag, hence one slot of a Redis Cluster. */
export interface LogKeys {
  readonly meta: string;
  readonly log: string;
  readonly ids: string;
  readonly channel: string;
  readonly inbox: string;
  /** What an open step has said, and what it has reasoned: these and the id of the step. */
  readonly texts: string;
  readonly reasonings: string;
  /** Workers that a turn's code has blocked: this and the id of the turn. */
  readonly stalls: string;
  /** Who is present, how far people have read, and who may not come back. */
  readonly present: string;
  readonly reads: string;
  readonly kicks: string;
}

export function logKeys(ref: SessionRef): LogKeys {
  const prefix = `convoke:{${sessionKey(ref)}}:`;
  return {
    meta: `${prefix}meta`,
    log: `${prefix}log`,
    ids: `${prefix}ids`,
    channel: `${prefix}ch`,
    inbox: `${prefix}in`,
    texts: `${prefix}t:`,
    reasonings: `${prefix}r:`,
    stalls: `${prefix}stalls:`,
    present: `${prefix}present`,
    reads: `${prefix}reads`,
    kicks: `${prefix}kicks`,
  };
}
