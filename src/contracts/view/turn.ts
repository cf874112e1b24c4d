/** How a turn changes a view: the turn, and the messages that it was to answer. */
import type { ErrorCode } from '../errors.ts';
import type { EventData, SessionEvent } from '../events/envelope.ts';
import { reasonOf } from '../reasons.ts';
import { editMessages, editTurn, withTurn } from './edit.ts';
import type { EndStatus, LastingCall, MessageEntry, SessionView, TurnEntry } from './types.ts';
import { withoutWaits } from './waits.ts';

type TurnEvent = Extract<SessionEvent, { type: `turn.${string}` }>;
const CONSUMED = { status: 'consumed' } as const;

const hasJoined = (reason: TurnEntry['reason']): boolean => reason?.code === 'joined';

type Ended = Omit<TurnEntry, 'turn' | 'messageIds' | 'status'> & { readonly status: EndStatus };

export function reduceTurn(view: SessionView, event: TurnEvent): SessionView {
  const { turn = '' } = event;
  switch (event.type) {
    case 'turn.started':
      return startTurn(view, turn, event.data);
    case 'turn.completed':
      return endTurn(view, turn, { status: 'completed' });
    case 'turn.failed':
      return endTurn(view, turn, { status: 'failed', failure: event.data });
    case 'turn.cancelled': {
      const { reason: given, by, rolledBack } = event.data;
      const reason = reasonOf(given);
      const ended = { status: 'cancelled', reason, ...(by === undefined ? {} : { by }) } as const;
      const withdrawn = rolledBack ? { rolledBack: { lasting: lastingCalls(view, turn) } } : {};
      return endTurn(view, turn, { ...ended, ...withdrawn });
    }
    case 'turn.merged':
      return merge(view, turn, event.data);
    default:
      return view;
  }
}

/**
 * In a log that was lost twice within moments a start, or a message, may come after the end of its turn: the turn stays as it has ended.
 */
function startTurn(
  view: SessionView,
  turn: string,
  { messageIds, beside }: EventData['turn.started'],
): SessionView {
  const asked = (entry: MessageEntry): boolean => messageIds.includes(entry.messageId);
  const next = editMessages(view, asked, { status: 'consumed', turn });
  const started = { turn, messageIds, ...(beside && { beside }) };
  return (
    editTurn(next, turn, (entry) => ({ ...entry, ...started })) ??
    withTurn(next, { ...started, status: 'running' })
  );
}

/** A message as it stands if its turn has ended already: see `startTurn`. */
export function asEnded(view: SessionView, message: MessageEntry): MessageEntry {
  const turn = view.turns.find((each) => each.turn === message.turn);
  if (turn?.into !== undefined)
    return { ...message, turn: turn.into, ...(hasJoined(turn.reason) && CONSUMED) };
  return turn?.status === 'completed' ? { ...message, ...CONSUMED } : message;
}

function endTurn(given: SessionView, turn: string, ended: Ended): SessionView {
  const view = withoutWaits(given, turn);
  const known = editTurn(view, turn, ({ waiting: _over, ...entry }) => ({ ...entry, ...ended }));
  if (known) return known;
  // It ended before it started: its messages will have no effect. One that is complete has started, wherever its start is.
  const change = ended.status === 'completed' ? CONSUMED : unanswered(ended);
  const next = editMessages(view, (entry) => entry.turn === turn, change);
  return withTurn(next, { turn, messageIds: [], ...ended });
}

function unanswered({ status, reason, failure }: Ended): Pick<MessageEntry, 'status' | 'code'> {
  if (reason?.code === 'superseded') return { status: 'superseded' };
  const code = status === 'cancelled' ? 'turn_cancelled' : (failure?.code ?? 'internal');
  return { status: 'rejected', code };
}

/** The messages are answered in another turn, which may have started. */
function merge(
  view: SessionView,
  turn: string,
  { into, messageIds, reason }: Extract<TurnEvent, { type: 'turn.merged' }>['data'],
): SessionView {
  const moved = editMessages(view, ({ messageId }) => messageIds.includes(messageId), {
    turn: into,
    ...(hasJoined(reason) && CONSUMED),
  });
  const next = editTurn(moved, into, (entry) => ({
    ...entry,
    messageIds: [...entry.messageIds, ...messageIds],
  }));
  return withTurn(next ?? moved, { turn, messageIds: [], status: 'cancelled', reason, into });
}

/** A call that failed with one of these was never made. */
const NOT_MADE: readonly ErrorCode[] = [
  'tool_denied',
  'approval_expired',
  'tool_input_invalid',
  'tool_unknown',
];

/** Calls of tools in the turn that may have changed something. */
function lastingCalls({ entries }: SessionView, turn: string): readonly LastingCall[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'step' || entry.turn !== turn || !entry.use?.effect) return [];
    const { step, use, failure } = entry;
    return NOT_MADE.some((code) => code === failure?.code) ? [] : [{ step, tool: use.tool }];
  });
}
