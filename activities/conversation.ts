/**
 * The conversation that an agent sees, folded in this process from the session log: a step reads only what is new since the last one.
 * Messages of later turns are left out, so that every attempt of a step sees the same.
 */
import {
  LIMITS,
  messageText,
  sessionKey,
  turnNumber,
  type LoggedEvent,
  type Position,
  type SessionInfo,
  type SessionRef,
} from '../src/contracts/index.ts';
import type { Begun } from '../src/log/index.ts';
import type { Utterance } from './agents/runner.ts';

interface Line extends Utterance {
  readonly turn: number;
}

/** A session as folded up to `position`. */
export interface Conversation {
  readonly position: Position;
  readonly info: SessionInfo;
  /** By turn; those of turns that have not started too. */
  readonly lines: readonly Line[];
  /** The number of the newest turn that has started. */
  readonly started: number;
}

function line(event: LoggedEvent): Line | null {
  const turn = turnNumber(event.turn ?? '');
  if (event.type === 'message.accepted') {
    const { parts, from } = event.data;
    return { turn, role: 'user', ...(from === undefined ? {} : { name: from }), text: messageText(parts) };
  }
  if (event.type === 'step.completed' || event.type === 'step.cancelled') {
    if (event.data.text === '') return null;
    return { turn, role: 'agent', name: event.agent ?? '', text: event.data.text };
  }
  return null;
}

/** The newest lines that fit into `LIMITS.contextChars`; the newest always does. */
function bounded(lines: readonly Line[]): readonly Line[] {
  let chars = 0;
  let from = lines.length;
  while (from > 0) {
    chars += lines[from - 1]?.text.length ?? 0;
    if (chars > LIMITS.contextChars && from < lines.length) break;
    from -= 1;
  }
  return lines.slice(from);
}

/**
 * The conversation after what a begun step has read: `before` must be the one whose position it read from. Null if neither tells what the
 * session is.
 */
export function follow(
  before: Conversation | null,
  begun: Pick<Begun, 'position' | 'info' | 'fresh'>,
): Conversation | null {
  const base = begun.info ? null : before;
  const info = begun.info ?? base?.info;
  if (!info) return null;
  let started = base?.started ?? 0;
  let lines = [...(base?.lines ?? [])];
  for (const event of begun.fresh) {
    const turn = turnNumber(event.turn ?? '');
    const added = line(event);
    if (added) lines.push(added);
    if (event.type === 'turn.started') started = Math.max(started, turn);
    // A turn that was cancelled before it started never was said.
    if (event.type === 'turn.cancelled' && turn > started) lines = lines.filter((each) => each.turn !== turn);
  }
  lines.sort((a, b) => a.turn - b.turn);
  // What waits is bounded by the inbox, and must not push out what the running turn is about.
  const waiting = lines.filter((each) => each.turn > started);
  const said = bounded(lines.filter((each) => each.turn <= started));
  return { position: begun.position, info, lines: [...said, ...waiting], started };
}

/** What was said up to and in a turn. */
export function saidUpTo(conversation: Conversation, turn: string): readonly Utterance[] {
  const last = turnNumber(turn);
  const said = conversation.lines.filter((each) => each.turn <= last);
  return bounded(said).map(({ turn: _turn, ...utterance }) => utterance);
}

/** The text of a conversation, UTF-16 code units. */
function charsOf({ lines }: Conversation): number {
  return lines.reduce((sum, each) => sum + each.text.length, 0);
}

/**
 * Conversations by session, of all steps of a process; the least recently used are forgotten beyond `LIMITS.contextSessions` and
 * `LIMITS.contextTotalChars`.
 */
export class Conversations {
  readonly #known = new Map<string, Conversation>();
  #chars = 0;

  /** Text that is remembered, UTF-16 code units. */
  get chars(): number {
    return this.#chars;
  }

  /** From where a step may go on reading the log; null: from its beginning. */
  of(ref: SessionRef): Conversation | null {
    return this.#known.get(sessionKey(ref)) ?? null;
  }

  /** Remembers it, unless a step that began later has got further. */
  keep(ref: SessionRef, conversation: Conversation): void {
    const key = sessionKey(ref);
    const there = this.#known.get(key)?.position;
    const { epoch, seq } = conversation.position;
    if (there && (there.epoch > epoch || (there.epoch === epoch && there.seq > seq))) return;
    this.#forget(key);
    this.#known.set(key, conversation);
    this.#chars += charsOf(conversation);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= LIMITS.contextSessions && this.#chars <= LIMITS.contextTotalChars) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#known.get(key);
    if (known) this.#chars -= charsOf(known);
    this.#known.delete(key);
  }
}
