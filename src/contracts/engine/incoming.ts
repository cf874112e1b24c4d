/**
 * What signals and updates may bring. Anybody with access to Temporal can send one: one of the wrong shape must neither fail the workflow's
 * task for ever, nor reach the run that follows one that was interrupted.
 */
import { isId } from '../ids.ts';
import { jsonChars } from '../json.ts';
import { LIMITS } from '../limits/index.ts';
import type { RosterChange } from '../member.ts';
import type { Message, MessagePart } from '../message.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `JSON.stringify` fails at a depth of some thousands; what `JSON.parse` reads has no such bound. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1));
}

function isPart(value: unknown): value is MessagePart {
  if (!isObject(value)) return false;
  if (value['type'] === 'text') return typeof value['text'] === 'string';
  return value['type'] === 'data' && isObject(value['data']);
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';

/** True if the value is a message in its shape and fits into an inbox; what the gateway has checked beyond that is not checked again. */
export function isMessage(value: unknown): value is Message {
  if (!isObject(value) || !isShallow(value, LIMITS.jsonDepth)) return false;
  const { messageId, parts, from, answers, receivedAt, ended } = value;
  return (
    isId(messageId) &&
    Array.isArray(parts) &&
    parts.every(isPart) &&
    isOptionalText(from) &&
    isOptionalText(answers) &&
    isOptionalText(ended) &&
    Number.isFinite(receivedAt) &&
    jsonChars(value) <= LIMITS.inboxChars
  );
}

/** Why a session is to be closed, as it was given. */
export function closeReason(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LIMITS.failureChars) : 'requested';
}

/** True if the value is a change of a session's members in its shape; what the gateway has checked beyond that is not checked again. */
export function isRosterChange(value: unknown): value is RosterChange {
  if (!isObject(value) || !isShallow(value, LIMITS.jsonDepth)) return false;
  const { type, name, agent, person } = value;
  if (type === 'leave' || type === 'pause' || type === 'resume') return isName(name);
  if (type !== 'join') return false;
  if (agent === undefined) return isName(person);
  return isObject(agent) && isId(agent['name']) && typeof agent['runner'] === 'string' && isAgent(agent);
}

const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= LIMITS.nameChars;

/** The lists that the workflow looks into are lists, and all of it can be carried. */
function isAgent(agent: Readonly<Record<string, unknown>>): boolean {
  const lists = [agent['delegates'], agent['handoff']];
  const fit = lists.every(
    (list) => list === undefined || (Array.isArray(list) && list.every((each) => typeof each === 'string')),
  );
  return fit && jsonChars(agent) <= LIMITS.rosterChars;
}
