import { LIMITS, type QueuedMessage } from '../../src/contracts/index.ts';

type Waiting = Pick<QueuedMessage, 'messageId' | 'chars'>;

/** The messages that a turn answers. */
export function messagesOf({ messageId, chars, more = [] }: QueuedMessage): readonly Waiting[] {
  return [{ messageId, chars }, ...more];
}

export function idsOf(turn: QueuedMessage): readonly string[] {
  return messagesOf(turn).map(({ messageId }) => messageId);
}

/** Where somebody records the way of its message. */
export function tracedBy({ trace }: { readonly trace?: string | undefined }): Pick<QueuedMessage, 'trace'> {
  return trace === undefined ? {} : { trace };
}

/** The turns that wait, with their messages, in order. Bounded: `isFull` is asked before `add`. */
export class Inbox {
  #turns: QueuedMessage[];

  constructor(turns: readonly QueuedMessage[] = []) {
    this.#turns = [...turns];
  }

  /** Messages. */
  get size(): number {
    return this.#turns.reduce((sum, { more = [] }) => sum + 1 + more.length, 0);
  }

  get first(): QueuedMessage | undefined {
    return this.#turns[0];
  }

  isFull(chars: number): boolean {
    const waiting = this.#turns.flatMap(messagesOf).reduce((sum, message) => sum + message.chars, 0);
    return this.size >= LIMITS.inboxMessages || (waiting > 0 && waiting + chars > LIMITS.inboxChars);
  }

  add(turn: QueuedMessage): void {
    this.#turns.push(turn);
  }

  /** Before all others. */
  addFirst(turn: QueuedMessage): void {
    this.#turns.unshift(turn);
  }

  /** Takes the first out; `beside`: of those that need not wait for the main lane. */
  shift(beside: boolean): QueuedMessage | undefined {
    const first = this.#turns.find((turn) => !beside || turn.beside);
    return first && this.remove(first.turn);
  }

  find(turn: string): QueuedMessage | undefined {
    return this.#turns.find((each) => each.turn === turn);
  }

  /** Takes that turn out; undefined if it does not wait. */
  remove(turn: string): QueuedMessage | undefined {
    const found = this.find(turn);
    this.#turns = this.#turns.filter((each) => each !== found);
    return found;
  }

  /** In the place of the turn of the same id. */
  replace(turn: QueuedMessage): void {
    this.#turns = this.#turns.map((each) => (each.turn === turn.turn ? turn : each));
  }

  list(): readonly QueuedMessage[] {
    return this.#turns;
  }
}
