/** What one event adds to the conversation, and the turns that it is kept in. */
import {
  isImage,
  isSummaryStep,
  isToolStep,
  LIMITS,
  readableText,
  turnNumber,
  type FileInfo,
  type FilePart,
  type LoggedEvent,
} from '../../src/contracts/index.ts';
import type { Utterance } from '../agents/runner.ts';

/** A message, or the end of a step; that of one that makes a summary is part of no turn. */
export interface Line {
  readonly kind: 'message' | 'step' | 'summary';
  /** Of the message or of the step. */
  readonly id: string;
  /** The number of the turn that its event names. */
  readonly turn: number;
  readonly at: number;
  readonly seq: number;
  /** What it takes of a budget, UTF-16 code units. */
  readonly chars: number;
  /** Null: the step ended without a text that others are shown. */
  readonly said: Utterance | null;
}

/** Null for an event that adds nothing. */
export function lineOf(event: LoggedEvent): Line | null {
  const { turn = '', step = '', agent = '', at, seq } = event;
  const place = { turn: turnNumber(turn), at, seq };
  if (event.type === 'message.accepted') {
    const { messageId, parts, from } = event.data;
    const text = readableText(parts);
    const files = parts.flatMap((part) => (part.type === 'file' ? [infoOf(part)] : []));
    const data = parts.flatMap((part) => (part.type === 'data' ? [part.data] : []));
    const said: Utterance = {
      role: 'user',
      ...(from === undefined ? {} : { name: from }),
      text,
      ...(data.length === 0 ? {} : { data }),
      ...(files.length === 0 ? {} : { files }),
    };
    const images = files.filter(isImage).length * LIMITS.imageChars;
    const chars = data.reduce((sum, each) => sum + JSON.stringify(each).length, text.length + images);
    return { kind: 'message', id: messageId, ...place, chars, said };
  }
  if (isSummaryStep(step)) return summaryIn(event, { id: step, ...place });
  if (event.type === 'step.completed' || event.type === 'step.cancelled') {
    const { text } = event.data;
    // The result of a tool is told to the model that called it, with the call.
    if (text === '' || isToolStep(step)) return { kind: 'step', id: step, ...place, chars: 0, said: null };
    return {
      kind: 'step',
      id: step,
      ...place,
      chars: text.length,
      said: { role: 'agent', name: agent, text },
    };
  }
  if (event.type === 'step.failed') return { kind: 'step', id: step, ...place, chars: 0, said: null };
  return null;
}

function infoOf({ type: _, ...info }: FilePart): FileInfo {
  return info;
}

/** Null: the step has made none. */
function summaryIn(event: LoggedEvent, place: Pick<Line, 'id' | 'turn' | 'at' | 'seq'>): Line | null {
  if (event.type !== 'step.completed' || !event.data.summarises) return null;
  const { text, summarises } = event.data;
  const said: Utterance = { role: 'user', text, summary: { upTo: summarises.upTo } };
  return { kind: 'summary', ...place, chars: text.length, said };
}

/**
 * Orders steps by their place in the team's code: `t3.2` before `t3.10`, and in `t3.2` branch by branch. So two branches keep their order in
 * a log that was built anew with their ends the other way round.
 */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (const [index, one] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (one === other) continue;
    const [first, second] = [Number(one), Number(other)];
    const numbers = Number(Number.isInteger(second)) - Number(Number.isInteger(first));
    if (numbers !== 0) return numbers;
    if (Number.isInteger(first)) return first - second;
    return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** The longest run without a gap that ends at `seq`. */
export function unbroken(events: readonly LoggedEvent[], seq: number): readonly LoggedEvent[] {
  let from = events.length;
  while (from > 0 && events[from - 1]?.seq === seq - (events.length - from)) from -= 1;
  return events.slice(from);
}
