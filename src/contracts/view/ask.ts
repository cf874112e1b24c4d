/** Queries on a view. */
import type { Receipt } from '../message.ts';
import type { SessionView } from './types.ts';

/** The receipt of a message according to a view; null if the view does not contain the message. */
export function receiptOf(view: SessionView, messageId: string): Receipt | null {
  const entry = view.entries.find((each) => each.kind === 'message' && each.messageId === messageId);
  if (entry?.kind !== 'message') return null;
  const turn = view.turns.find((each) => each.turn === entry.turn);
  return {
    session: view.session,
    messageId,
    status: entry.status,
    ...(entry.turn ? { turn: entry.turn } : {}),
    ...(turn && entry.status === 'consumed' ? { turnStatus: turn.status } : {}),
    ...(entry.status === 'scheduled' && entry.deliverAt !== undefined ? { deliverAt: entry.deliverAt } : {}),
    ...(entry.code ? { code: entry.code } : {}),
  };
}

/** The turn that a cancel without a turn id refers to: the running one, otherwise one beside it, otherwise the next. */
export function nextTurn({ turns, entries }: SessionView): string | undefined {
  const running = turns.filter(({ status }) => status === 'running');
  const [first] = running.toSorted(
    (one, other) => Number(one.beside ?? false) - Number(other.beside ?? false),
  );
  if (first) return first.turn;
  const waits = entries.find(
    (entry) => entry.kind === 'message' && (entry.status === 'accepted' || entry.status === 'queued'),
  );
  return waits?.turn;
}
