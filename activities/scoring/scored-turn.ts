/** Finds what was said in a turn that has ended. */
import {
  eventId,
  isSummaryStep,
  isToolStep,
  LIMITS,
  readableText,
  type LoggedEvent,
  type SessionRef,
} from '../../src/contracts/index.ts';
import { Reader, type ConversationAccess } from '../conversation/reader.ts';
import type { ScoredStep, ScoredTurn } from './scorer.ts';

/** Null: the turn is not among the newest `LIMITS.scoredEvents` of the session. Throws what log, archive and workflow throw. */
export async function scoredTurn(
  access: ConversationAccess,
  ref: SessionRef,
  turn: string,
): Promise<ScoredTurn | null> {
  const reader = new Reader(access, ref);
  const { epoch, seq } = await reader.head();
  let events: readonly LoggedEvent[] = [];
  for (let below = seq + 1; below > 1 && events.length < LIMITS.scoredEvents;) {
    const piece = await reader.before(below, epoch);
    // The log was built anew meanwhile.
    if (!piece) return scoredTurn(access, ref, turn);
    events = [...piece.events, ...events];
    below = piece.from;
    const found = turnIn(events, turn);
    if (found) return { ...ref, turn, ...found };
  }
  return null;
}

/** Null: not all of it is among them. */
function turnIn(
  events: readonly LoggedEvent[],
  turn: string,
): Pick<ScoredTurn, 'messages' | 'steps' | 'answer'> | null {
  const start = events.find(({ id }) => id === eventId.turnStarted(turn));
  if (start?.type !== 'turn.started') return null;
  const { messageIds } = start.data;
  const accepted = events.flatMap((event) =>
    event.type === 'message.accepted' &&
    (messageIds.includes(event.data.messageId) || event.data.steers === turn || event.turn === turn)
      ? [event.data]
      : [],
  );
  if (!messageIds.every((id) => accepted.some(({ messageId }) => messageId === id))) return null;
  const messages = accepted.map(({ from, parts }) => ({
    ...(from === undefined ? {} : { from }),
    text: readableText(parts),
  }));
  const steps = stepsIn(events, turn);
  return { messages, steps, answer: steps.findLast(({ tool }) => tool === undefined)?.text ?? '' };
}

function stepsIn(events: readonly LoggedEvent[], turn: string): readonly ScoredStep[] {
  const tools = new Map<string, string>();
  const steps: ScoredStep[] = [];
  for (const event of events) {
    const { step = '', agent = '' } = event;
    if (event.turn !== turn || isSummaryStep(step)) continue;
    if (event.type === 'step.started' && event.data.use) tools.set(step, event.data.use.tool);
    if (event.type !== 'step.completed') continue;
    const tool = isToolStep(step) ? (tools.get(step) ?? '') : undefined;
    if (event.data.text !== '')
      steps.push({ step, agent, text: event.data.text, ...(tool === undefined ? {} : { tool }) });
  }
  return steps;
}
