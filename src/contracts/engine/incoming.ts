/**
 * What signals and updates may bring. Anybody with access to Temporal can send one: one of the wrong shape must neither fail the workflow's
 * task for ever, nor reach the run that follows one that was interrupted.
 */
import type { Vote } from '../approval.ts';
import type { Feedback } from '../feedback.ts';
import { isFilePart } from '../file.ts';
import { isId, STEP_PATTERN, TURN_PATTERN } from '../ids.ts';
import { isShallow, jsonBytes, jsonChars } from '../json.ts';
import { LIMITS } from '../limits/index.ts';
import type { RosterChange } from '../member.ts';
import type { Message, MessagePart } from '../message.ts';
import type { CancelRequest } from '../session.ts';
import { isTraceId } from '../trace.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isPart(value: unknown): value is MessagePart {
  if (!isObject(value)) return false;
  if (value['type'] === 'text') return typeof value['text'] === 'string';
  return (value['type'] === 'data' && isObject(value['data'])) || isFilePart(value);
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isProcess = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= LIMITS.processChars;

const areWaits = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= LIMITS.waitsTold &&
  value.every((wait) => isObject(wait) && Number.isFinite(wait['from']) && Number.isFinite(wait['until']));

/** True if the value is a message in its shape and fits into an inbox; what the gateway has checked beyond that is not checked again. */
export function isMessage(value: unknown): value is Message {
  if (!isObject(value) || !isShallow(value, LIMITS.jsonDepth)) return false;
  const { messageId, parts, from, answers, receivedAt, ended, alsoEnded, deliverAt, channel, to } = value;
  const { admittedAt, by, waits, feedback, trace } = value;
  return (
    isId(messageId) &&
    Array.isArray(parts) &&
    parts.every(isPart) &&
    isOptionalText(from) &&
    isOptionalText(answers) &&
    isOptionalText(ended) &&
    (alsoEnded === undefined || areNames(alsoEnded)) &&
    Number.isFinite(receivedAt) &&
    (admittedAt === undefined || Number.isFinite(admittedAt)) &&
    (by === undefined || isProcess(by)) &&
    (waits === undefined || areWaits(waits)) &&
    (trace === undefined || isTraceId(trace)) &&
    (deliverAt === undefined || Number.isFinite(deliverAt)) &&
    (channel === undefined ? to === undefined : isId(channel)) &&
    (to === undefined || areNames(to, LIMITS.recipients)) &&
    (feedback === undefined || (channel !== undefined && isFeedback(feedback))) &&
    jsonChars(value) <= LIMITS.inboxChars
  );
}

function isFeedback(value: unknown): value is Feedback {
  if (!isObject(value)) return false;
  const { turn, step, by, thumb, score, label, comment } = value;
  return (
    typeof turn === 'string' &&
    TURN_PATTERN.test(turn) &&
    (step === undefined || (typeof step === 'string' && STEP_PATTERN.test(step))) &&
    isName(by) &&
    (thumb === undefined || thumb === 'up' || thumb === 'down') &&
    (score === undefined || Number.isFinite(score)) &&
    (label === undefined || isId(label)) &&
    (comment === undefined || (typeof comment === 'string' && comment.length <= LIMITS.commentChars))
  );
}

/** True if the value says what to cancel: a `CancelRequest`, or the turn alone. */
export function isCancel(value: unknown): value is CancelRequest | string | null | undefined {
  if (!isObject(value)) return value === undefined || value === null || typeof value === 'string';
  const { turn, step, all, ...others } = value;
  const fits = isOptionalText(turn) && isOptionalText(step) && (all === undefined || all === true);
  return fits && Object.keys(others).length === 0;
}

export function cancelOf(value: unknown): CancelRequest {
  if (typeof value === 'string') return { turn: value };
  return isObject(value) && isCancel(value) ? value : {};
}

/** Why a session is to be closed, as it was given. */
export function closeReason(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LIMITS.failureChars) : 'requested';
}

/** True if the value is a change of a session's members in its shape; what the gateway has checked beyond that is not checked again. */
export function isRosterChange(value: unknown): value is RosterChange {
  if (!isObject(value) || !isShallow(value, LIMITS.jsonDepth)) return false;
  const { type, name, agent, person, roles } = value;
  if (type === 'leave' || type === 'pause' || type === 'resume') return isName(name);
  if (type !== 'join') return false;
  if (agent === undefined) return isName(person) && (roles === undefined || areNames(roles));
  return isObject(agent) && isId(agent['name']) && typeof agent['runner'] === 'string' && isAgent(agent);
}

const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= LIMITS.nameChars;

const areNames = (value: unknown, most: number = LIMITS.rolesPerPerson): boolean =>
  Array.isArray(value) && value.length <= most && value.every(isName);

/** True if the value is a vote in its shape; what the gateway has checked beyond that is not checked again. */
export function isVote(value: unknown): value is Vote {
  if (!isObject(value) || !isShallow(value, LIMITS.jsonDepth)) return false;
  const { approval, vote, hash, by, roles, reason, data } = value;
  return (
    typeof approval === 'string' &&
    (vote === 'approve' || vote === 'deny') &&
    typeof hash === 'string' &&
    isName(by) &&
    (roles === undefined || areNames(roles)) &&
    (reason === undefined || (typeof reason === 'string' && reason.length <= LIMITS.failureChars)) &&
    (data === undefined || (isObject(data) && jsonBytes(data) <= LIMITS.approvalDataBytes))
  );
}

/** The lists that the workflow looks into are lists, and all of it can be carried. */
function isAgent(agent: Readonly<Record<string, unknown>>): boolean {
  const lists = [agent['delegates'], agent['handoff']];
  const fit = lists.every(
    (list) => list === undefined || (Array.isArray(list) && list.every((each) => typeof each === 'string')),
  );
  return fit && jsonChars(agent) <= LIMITS.rosterChars;
}
