/** What an interrupted session was, as clients are told it and as its next run is given it. Pure. */
import type { Position } from '../cursor.ts';
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import type { FailureInfo } from '../events/step.ts';
import { eventId } from '../ids.ts';
import { LIMITS } from '../limits/index.ts';
import type { Receipt } from '../message.ts';
import type { SessionState } from '../session.ts';
import type { EndedRun, Interruption, InterruptionReason } from './ended-run.ts';
import { Ledger } from './ledger.ts';
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
export function interruptedFact({ run, reason, at }: Interruption): EventDraft {
  return { id: eventId.sessionInterrupted(run), type: 'session.interrupted', at, data: { reason } };
}

/**
 * What the next run begins with. `events`: those that the archive lacked when the run ended, up to `head`; it has them by now, and every turn
 * that had started has its end among them. `at`: now, ms since the Unix epoch.
 */
export function carryOver(
  run: EndedRun,
  events: readonly LoggedEvent[],
  { head, at }: { readonly head: Position; readonly at: number },
): CarriedState {
  const { closing, known, input } = run;
  const ledger = new Ledger(input.session, run.ledger);
  for (const event of events) ledger.note(event);
  const refused = run.refused.filter((messageId) => !ledger.isOrdered(messageId));
  for (const messageId of refused) ledger.refuse(messageId, 'inbox_full');
  const { receipts, inbox, turns } = ledger.state();
  const { run: ended, turns: failed } = known.interrupted;
  const reopened = eventId.sessionReopened(ended);
  const waitsNoMore = receipts.filter(({ turn }) => turn !== undefined && failed.includes(turn));
  return {
    status: closing === undefined ? 'open' : 'closing',
    closeReason: closing ?? '',
    known: head,
    archivedTo: head.seq,
    ...{ turns, inbox, receipts },
    outbox: [{ id: reopened, type: 'session.reopened', at, data: {} }, ...refusals(refused, at)],
    events: [],
    reconcile: false,
    release: [...refused, ...waitsNoMore.map(({ messageId }) => messageId)],
    arrived: run.arrived.filter(({ messageId }) => !ledger.isOrdered(messageId)),
  };
}

/** The session as clients are told it while nobody runs it. */
export function interruptedState({ input, known, ledger, arrived, historyEvents }: EndedRun): SessionState {
  const { info, archivedTo } = known;
  const queued = ledger.inbox.length + arrived.length;
  return {
    ...{ tenant: input.tenant, session: input.session, status: 'interrupted', createdAt: info.createdAt },
    ...{ team: info.team, agents: info.agents.map(({ name }) => name) },
    ...{ known: known.known, archivedTo, turns: ledger.turns, queued, historyEvents },
  };
}

/** Where a message of an interrupted session stands, as far as its workflow had told; null: it had not. */
export function interruptedReceipt({ input, ledger, arrived }: EndedRun, messageId: string): Receipt | null {
  const found = ledger.receipts.find((receipt) => receipt.messageId === messageId);
  if (found) return found;
  const came = arrived.some((message) => message.messageId === messageId);
  return came ? { session: input.session, messageId, status: 'accepted' } : null;
}

/** Of more than these only their receipts tell. */
function refusals(messageIds: readonly string[], at: number): readonly EventDraft[] {
  return messageIds.slice(0, LIMITS.outboxRejections).map((messageId) => ({
    ...{ id: eventId.messageRejected(messageId), type: 'message.rejected', at, cause: messageId },
    data: { messageId, code: 'inbox_full' },
  }));
}
