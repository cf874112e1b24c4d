/** Tells the log, and so everybody who follows it, that a session's workflow has ended without closing the session. */
import {
  arrivals,
  endsTurn,
  eventId,
  interruptedFact,
  interruptedTurn,
  isAfter,
  leaveClosed,
  LIMITS,
  type EndedRun,
  type EventDraft,
  type Interruption,
  type Position,
  type SessionRef,
} from '../contracts/index.ts';
import { merge } from './assemble.ts';
import type { Closing, LogSlice, SessionLog } from './log.ts';

/**
 * Appends what the ended run had decided, an end for each step and turn that is open, and `session.interrupted`; once, whoever does it how
 * often. Answers the position afterwards; null if the log is lost, or behind what the run knew.
 */
export async function tellInterruption(
  log: SessionLog,
  ref: SessionRef,
  run: EndedRun,
): Promise<Position | null> {
  const { interrupted } = run;
  const slice = await log.read(ref, { limit: LIMITS.replayEvents });
  if (!slice || isAfter(run.known, slice.position)) return null;
  const told = interruptedFact(interrupted);
  const ids = new Set(slice.events.map(({ id }) => id));
  if (ids.has(told.id) || leaveClosed(slice.events)) return slice.position;
  const pending = merge(run.pending, run.running);
  const facts = [...pending, ...arrivals(interrupted, slice.events)];
  let position = slice.position;
  const append = async (drafts: readonly EventDraft[], closes?: Closing): Promise<boolean> => {
    const reply = await log.append(ref, { known: position, drafts, ...(closes ? { closes } : {}) });
    if (reply.status !== 'ok') return false;
    position = reply.position;
    return true;
  };
  for (const turn of openTurns(slice, interrupted)) {
    const end = endOf(turn, [...slice.events, ...run.events, ...pending], interrupted);
    const { at, cause, data } = end;
    const closes: Closing = { turn, end: { type: 'step.failed', at, data, ...(cause ? { cause } : {}) } };
    if (!(await append([...pending, end], closes))) return null;
  }
  const closed = pending.some(({ type }) => type === 'session.closed');
  return (await append(closed ? facts : [...facts, told])) ? position : null;
}

/** The log may know more than the run had heard. */
function openTurns({ events, open }: LogSlice, { ledger }: Interruption): readonly string[] {
  const turns = new Set(ledger.open);
  for (const { type, turn = '' } of events) {
    if (type === 'turn.started') turns.add(turn);
    else if (endsTurn(type)) turns.delete(turn);
  }
  for (const { turn } of open) turns.add(turn);
  return [...turns];
}

function endOf(
  turn: string,
  facts: readonly EventDraft[],
  { reason, at }: Interruption,
): Extract<EventDraft, { type: 'turn.failed' }> {
  const cause = facts.find((fact) => fact.turn === turn)?.cause;
  const place = { turn, ...(cause === undefined ? {} : { cause }) };
  return {
    id: eventId.turnEnded(turn),
    type: 'turn.failed',
    at,
    ...place,
    data: interruptedTurn({ reason }),
  };
}
