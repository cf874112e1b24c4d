/**
 * The conversation that an agent sees, folded in this process from the session log: a step reads only what is new since the last one.
 * Messages of later turns are left out, so that every attempt of a step sees the same.
 */
import {
  LIMITS,
  messageText,
  sessionKey,
  START,
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
  readonly lines: readonly Line[];
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

/** The newest lines that fit into `LIMITS.contextChars`, ordered by turn. */
function bounded(lines: readonly Line[]): readonly Line[] {
  let chars = 0;
  let from = lines.length;
  while (from > 0) {
    chars += lines[from - 1]?.text.length ?? 0;
    if (chars > LIMITS.contextChars && from < lines.length) break;
    from -= 1;
  }
  return from === 0 ? lines : lines.slice(from);
}

function fold(lines: readonly Line[], events: readonly LoggedEvent[]): readonly Line[] {
  let next = [...lines];
  for (const event of events) {
    const added = line(event);
    if (added) next.push(added);
    // A turn that was cancelled before it started never was said.
    const unsaid = event.type === 'turn.cancelled' && !next.some((each) => sameTurn(each, event, 'agent'));
    if (unsaid) next = next.filter((each) => !sameTurn(each, event, 'user'));
  }
  return bounded(next.sort((a, b) => a.turn - b.turn));
}

function sameTurn(each: Line, event: LoggedEvent, role: Line['role']): boolean {
  return each.role === role && each.turn === turnNumber(event.turn ?? '');
}

/** Conversations by session; the least recently used is forgotten beyond `LIMITS.contextSessions`. */
export class Conversations {
  readonly #known = new Map<string, Conversation>();

  /** From where a step must read the log. */
  since(ref: SessionRef): Position {
    return this.#known.get(sessionKey(ref))?.position ?? START;
  }

  /** Adds what a begun step has read; null if the log told no session info and none is known. */
  update(ref: SessionRef, begun: Begun): Conversation | null {
    const key = sessionKey(ref);
    const before = begun.info ? undefined : this.#known.get(key);
    const info = begun.info ?? before?.info;
    if (!info) return null;
    const fresh = begun.fresh.filter((event) => event.seq > (before?.position.seq ?? 0));
    const lines = fold(before?.lines ?? [], fresh);
    const conversation = { position: begun.position, info, lines };
    this.#known.delete(key);
    this.#known.set(key, conversation);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= LIMITS.contextSessions) break;
      this.#known.delete(oldest);
    }
    return conversation;
  }

  /** What was said up to and in a turn. */
  static upTo(conversation: Conversation, turn: string): readonly Utterance[] {
    const last = turnNumber(turn);
    return conversation.lines
      .filter((each) => each.turn <= last)
      .map(({ turn: _turn, ...utterance }) => utterance);
  }
}
