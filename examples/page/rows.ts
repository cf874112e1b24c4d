/** The conversation as rows: a turn with its messages and its steps, or a message that has no turn (yet). */
import type { Entry, MessageEntry, SessionView, TurnEntry } from '../../src/contracts/public.ts';
import { messageText } from '../../src/contracts/public.ts';
import type { UnseenMessage } from './unseen.ts';

/** How far a message has come, in one word. */
export type Progress =
  | 'waiting'
  | 'sending'
  | 'accepted'
  | 'scheduled'
  | 'queued'
  | 'consumed'
  | 'done'
  | 'silent'
  | 'failed'
  | 'cancelled'
  | 'superseded'
  | 'rejected'
  | 'withdrawn';

export interface Row {
  /** Stays the same while the row's message gets further. */
  readonly key: string;
  readonly turn?: TurnEntry | undefined;
  /** Its turn runs, but no step does, and nobody is asked: it may sleep. */
  readonly isQuiet?: boolean;
  /** Those with which it begins. */
  readonly messages: readonly (MessageEntry | UnseenMessage)[];
  /** What the agents do, and messages that came meanwhile and are part of it. */
  readonly later: readonly Entry[];
}

interface OpenRow {
  readonly key: string;
  readonly turn?: TurnEntry | undefined;
  readonly messages: (MessageEntry | UnseenMessage)[];
  readonly later: Entry[];
}

export function rowsOf(view: SessionView | null, unseen: readonly UnseenMessage[]): readonly Row[] {
  const turns = new Map(view?.turns.map((turn) => [turn.turn, turn]));
  const rows = new Map<string, OpenRow>();
  for (const entry of view?.entries ?? []) {
    const place = entry.turn ?? (entry.kind === 'message' ? entry.messageId : '');
    let row = rows.get(place);
    if (!row) {
      const key = entry.kind === 'message' ? entry.messageId : place;
      row = { key, turn: turns.get(place), messages: [], later: [] };
      rows.set(place, row);
    }
    if (entry.kind === 'message' && row.later.length === 0) row.messages.push(entry);
    else row.later.push(entry);
  }
  const waiting = unseen.map((message) => ({ key: message.messageId, messages: [message], later: [] }));
  const asking = new Set([...(view?.asked ?? []), ...(view?.approvals ?? [])].map(({ turn }) => turn));
  const isQuiet = ({ turn, later }: Row): boolean =>
    turn?.status === 'running' && !asking.has(turn.turn) && !later.some(isRunning);
  return [...[...rows.values()].map((row) => ({ ...row, isQuiet: isQuiet(row) })), ...waiting];
}

function isRunning(entry: Entry): boolean {
  return entry.kind === 'step' && entry.status === 'running';
}

/** True if nothing of a row has changed: entries of a view are never changed in place. */
export function sameRow(one: Row, other: Row): boolean {
  const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
    a.length === b.length && a.every((item, index) => item === b[index]);
  if (one.turn !== other.turn || one.isQuiet !== other.isQuiet) return false;
  return same(one.messages, other.messages) && same(one.later, other.later);
}

/** True if an agent says something in it: a call of a tool and a summary are no speech. */
function isSpeech(entry: Entry): boolean {
  return entry.kind === 'step' && !entry.use && !entry.summarises && entry.text !== '';
}

/** A message's progress. The word of its turn counts once the turn has ended. */
export function progressOf(message: MessageEntry | UnseenMessage, { turn, later }: Row): Progress {
  if (message.kind === 'unseen' || message.status !== 'consumed') return message.status;
  if (!turn || turn.status === 'running') return 'consumed';
  if (turn.rolledBack) return 'withdrawn';
  if (turn.status !== 'completed') return turn.status;
  return later.some(isSpeech) ? 'done' : 'silent';
}

/** What a message says; data is shown as JSON. */
export function textOf(message: MessageEntry | UnseenMessage): string {
  if (message.kind === 'unseen') return message.text;
  const data = message.parts.filter((part) => part.type === 'data').map((part) => JSON.stringify(part.data));
  return [messageText(message.parts), ...data].filter((piece) => piece !== '').join('\n');
}

/** The turn that can be cancelled in a row: one that runs, or one that a message waits for. */
export function cancellable(row: Row): string | null {
  if (row.turn) return row.turn.status === 'running' ? row.turn.turn : null;
  const [first] = row.messages;
  const open = first?.kind === 'message' && (first.status === 'queued' || first.status === 'accepted');
  return open ? (first.turn ?? null) : null;
}
