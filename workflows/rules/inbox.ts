import { LIMITS, type QueuedMessage } from '../../src/contracts/index.ts';

/** The messages that wait for a turn, in order. Bounded: `isFull` is asked before `add`. */
export class Inbox {
  #messages: QueuedMessage[];

  constructor(messages: readonly QueuedMessage[] = []) {
    this.#messages = [...messages];
  }

  get size(): number {
    return this.#messages.length;
  }

  get first(): QueuedMessage | undefined {
    return this.#messages[0];
  }

  isFull(chars: number): boolean {
    const waiting = this.#messages.reduce((sum, message) => sum + message.chars, 0);
    return this.size >= LIMITS.inboxMessages || (waiting > 0 && waiting + chars > LIMITS.inboxChars);
  }

  add(message: QueuedMessage): void {
    this.#messages.push(message);
  }

  shift(): QueuedMessage | undefined {
    return this.#messages.shift();
  }

  /** Takes the message of that turn out; undefined if it does not wait. */
  remove(turn: string): QueuedMessage | undefined {
    const found = this.#messages.find((message) => message.turn === turn);
    this.#messages = this.#messages.filter((message) => message !== found);
    return found;
  }

  list(): readonly QueuedMessage[] {
    return this.#messages;
  }
}
