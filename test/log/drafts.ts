/** Drafts and calls from which the tests of the session log build their scenes. */
import {
  eventId,
  START,
  type EventDraft,
  type LoggedEvent,
  type Position,
  type SessionInfo,
} from '../../src/contracts/index.ts';
import type { BeginInput, SessionLog } from '../../src/log/index.ts';
import type { SessionRef } from '../../src/contracts/index.ts';

export const AT = 1_750_000_000_000;

export const INFO: SessionInfo = {
  team: { name: 'sequence' },
  agents: [{ name: 'writer', runner: 'scripted', script: { say: 'Hello {{message}}' } }],
  metadata: { plan: 'pro', note: '"quoted" 100% \u2028' },
  createdAt: AT,
};

export const TURN = 't1';
export const STEP = 't1.1';

export function created(): EventDraft {
  const { team, agents, metadata } = INFO;
  return { id: eventId.sessionCreated(), type: 'session.created', at: AT, data: { team, agents, metadata } };
}

/** The n-th change of the members: a person has joined. */
export function joined(revision: number): EventDraft {
  const members = Array.from({ length: revision }, (_, index) => ({
    kind: 'person' as const,
    name: `p${index + 1}`,
    status: 'active' as const,
  }));
  const data = { revision, members, agents: INFO.agents, name: `p${revision}`, change: 'joined' as const };
  return { id: eventId.sessionMembers(revision), type: 'session.members', at: AT, data };
}

export function message(id: string, text = `text of ${id}`): EventDraft {
  const data = { messageId: id, parts: [{ type: 'text' as const, text }], queued: false };
  return { id: eventId.message(id), type: 'message.accepted', at: AT, turn: TURN, data };
}

export function stepStarted(step = STEP, turn = TURN): EventDraft {
  const place = { at: AT, turn, step, attempt: 1, agent: 'writer' };
  return { id: eventId.stepStarted(step), type: 'step.started', ...place, data: {} };
}

export function completed(text: string, step = STEP, attempt = 1): EventDraft {
  const place = { at: AT, turn: TURN, step, attempt, agent: 'writer' };
  return { id: eventId.stepEnded(step), type: 'step.completed', ...place, data: { text } };
}

/** Ends an open step with the text that it has in the log. */
export function cancelled(step = STEP, reason = 'asked'): EventDraft {
  const place = { at: AT, turn: TURN, step, agent: 'writer' };
  return { id: eventId.stepEnded(step), type: 'step.cancelled', ...place, data: { reason, text: '' } };
}

export function turnCompleted(turn = TURN): EventDraft {
  return { id: eventId.turnEnded(turn), type: 'turn.completed', at: AT, turn, data: {} };
}

export function turnCancelled(turn = TURN): EventDraft {
  return { id: eventId.turnEnded(turn), type: 'turn.cancelled', at: AT, turn, data: { reason: 'asked' } };
}

/** How the open steps of a cancelled turn end. */
export const CANCEL = { type: 'step.cancelled', at: AT, cause: 'm1', data: { reason: 'asked' } } as const;

export function beginning(known: Position, change: Partial<BeginInput> = {}): BeginInput {
  return {
    known,
    turn: TURN,
    step: STEP,
    agent: 'writer',
    owner: 'first',
    order: 0,
    atLeast: 0,
    lead: [stepStarted(change.step, change.turn)],
    reason: 'the worker was lost',
    at: AT,
    since: START,
    ...change,
  };
}

/** Messages `m<from>` to `m<to>` as a log would hold them, the first at seq `from`. */
export function logged(from: number, to: number): LoggedEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    ...message(`m${from + index}`),
    seq: from + index,
  }));
}

/** An answer of the expected status, or a failure of the test. */
export function of<T extends { readonly status: string }, S extends T['status']>(
  status: S,
  reply: T,
): Extract<T, { readonly status: S }> {
  if (reply.status !== status) throw new Error(`expected ${status}, got ${JSON.stringify(reply)}`);
  return reply as Extract<T, { readonly status: S }>; // safety: just compared
}

/** A session with its first event; answers its position. */
export async function create(log: SessionLog, ref: SessionRef): Promise<Position> {
  return of('ok', await log.append(ref, { known: START, drafts: [created()] })).position;
}

/** A session with an open step whose attempt 1 has said `text`; answers its position. */
export async function speaking(log: SessionLog, ref: SessionRef, text: string): Promise<Position> {
  const begun = of('begun', await log.begin(ref, beginning(await create(log, ref))));
  if (text !== '') of('ok', await log.delta(ref, { step: STEP, attempt: 1, offset: 0, text }));
  return begun.position;
}

export async function all(log: SessionLog, ref: SessionRef): Promise<readonly LoggedEvent[]> {
  return (await log.read(ref, { after: 0, limit: 10_000 }))?.events ?? [];
}

/** Everything that a log tells of a session: to show that a call changed nothing. */
export async function everything(log: SessionLog, ref: SessionRef): Promise<unknown> {
  return log.read(ref, { after: 0, limit: 10_000 });
}
