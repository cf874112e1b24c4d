/** What an interrupted session was, as clients are told it and as its next run is given it. Pure. */
import type { Position } from '../cursor.ts';
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import type { FailureInfo } from '../events/step.ts';
import { eventId, turnId } from '../ids.ts';
import { LIMITS } from '../limits/index.ts';
import { openingRoster, rosterState } from '../member.ts';
import type { Receipt } from '../message.ts';
import type { SessionState } from '../session.ts';
import { accepted, type EndedRun, type Interruption, type InterruptionReason } from './ended-run.ts';
import { Ledger } from './ledger.ts';
import { publishedFact } from './published.ts';
import { scheduledFact } from './scheduled.ts';
import type { CarriedState } from './session.ts';

const WORDS: Readonly<Record<InterruptionReason, string>> = {
  terminated: 'was terminated',
  failed: 'failed',
  'timed out': 'timed out',
  cancelled: 'was cancelled',
};

/** Why the turns of an interrupted session, and their steps, have failed. */
export function interruptedTurn({ reason }: Pick<Interruption, 'reason'>): FailureInfo {
  const why = `The workflow of the session ${WORDS[reason]} before the turn ended.`;
  const message = `${why} To have the message answered, send it again with another messageId.`;
  return { code: 'session_interrupted', message };
}

/** The fact that a session was interrupted. */
export function interruptedFact({
  run,
  reason,
  at,
}: Pick<Interruption, 'run' | 'reason' | 'at'>): EventDraft {
  return { id: eventId.sessionInterrupted(run), type: 'session.interrupted', at, data: { reason } };
}

/** The facts that messages have their place which Temporal had accepted and no run has ordered. `events`: the newest of the log. */
export function arrivals(
  { input, ledger: before, arrived, refused, closing, at }: Interruption,
  events: readonly LoggedEvent[],
): readonly EventDraft[] {
  const ledger = new Ledger(input.session, before);
  for (const event of events) ledger.note(event);
  const isNew = (messageId: string): boolean => !ledger.isOrdered(messageId);
  let { turns } = ledger;
  const ordered = arrived
    .filter(({ messageId, to }) => isNew(messageId) && (closing === undefined || to === undefined))
    .map((message) => {
      if (closing !== undefined) return rejected(message.messageId, 'session_closed', at);
      if (message.channel !== undefined) return publishedFact(message, at);
      if ((message.deliverAt ?? 0) > at) return scheduledFact(message, at);
      turns += 1;
      return accepted(message, { turn: turnId(turns), queued: true, at });
    });
  const full = refused.filter(isNew).slice(0, LIMITS.outboxRejections);
  return [...ordered, ...full.map((messageId) => rejected(messageId, 'inbox_full', at))];
}

/**
 * What the next run begins with. `events`: those that the archive lacked when the run ended, up to `head`; it has them by now, and among them
 * are an end for every turn that had started and a place for every message. `at`: now, ms since the Unix epoch.
 */
export function carryOver(
  { run, input, ledger: before, arrived, refused, closing }: Interruption,
  events: readonly LoggedEvent[],
  { head, at }: { readonly head: Position; readonly at: number },
): CarriedState {
  const ledger = new Ledger(input.session, before);
  for (const event of events) ledger.note(event);
  // Of more than are told only their receipts tell.
  for (const messageId of refused) ledger.refuse(messageId, 'inbox_full');
  // Of a direct message that is refused no event tells.
  const direct = closing === undefined ? [] : arrived.filter(({ to }) => to !== undefined);
  for (const { messageId } of direct) ledger.refuse(messageId, 'session_closed');
  const { receipts, inbox, turns, memory, roster, later, summary } = ledger.state();
  const failed = receipts.filter(({ turn }) => turn !== undefined && before.open.includes(turn));
  return {
    status: closing === undefined ? 'open' : 'closing',
    closeReason: closing ?? '',
    ...(input.carried?.closedBefore ? { closedBefore: true } : {}),
    known: head,
    archivedTo: head.seq,
    ...{ turns, inbox, receipts },
    ...(memory === undefined ? {} : { memory }),
    ...(roster === undefined ? {} : { roster }),
    ...(later === undefined ? {} : { later }),
    ...(summary === undefined ? {} : { summary }),
    outbox: [{ id: eventId.sessionReopened(run), type: 'session.reopened', at, data: {} }],
    events: [],
    reconcile: false,
    release: [...failed.map(({ messageId }) => messageId), ...refused],
  };
}

/** The session as clients are told it while nobody runs it. */
export function interruptedState({ info, known, archivedTo, interrupted }: EndedRun): SessionState {
  const { input, ledger, arrived, historyEvents } = interrupted;
  const scheduled = (ledger.later ?? []).map(({ messageId, parts, from, deliverAt = 0 }) => ({
    ...{ messageId, parts, deliverAt },
    ...(from === undefined ? {} : { from }),
  }));
  const queued = ledger.inbox.length + arrived.length;
  return {
    ...{ tenant: input.tenant, session: input.session, status: 'interrupted', createdAt: info.createdAt },
    ...{ team: info.team, ...rosterState(ledger.roster ?? openingRoster(info.agents)) },
    ...{ known, archivedTo, turns: ledger.turns, queued, historyEvents },
    ...(scheduled.length === 0 ? {} : { scheduled }),
  };
}

/** Where a message of an interrupted session stands, as far as its workflow had told; null: it had not. */
export function interruptedReceipt(
  { input, ledger, arrived }: Interruption,
  messageId: string,
): Receipt | null {
  const found = ledger.receipts.find((receipt) => receipt.messageId === messageId);
  if (found) return found;
  const came = arrived.some((message) => message.messageId === messageId);
  return came ? { session: input.session, messageId, status: 'accepted' } : null;
}

function rejected(messageId: string, code: string, at: number): EventDraft {
  const data = { messageId, code };
  return { id: eventId.messageRejected(messageId), type: 'message.rejected', at, cause: messageId, data };
}
