import { LIMITS, type Receipt } from '../../src/contracts/index.ts';

/**
 * Messages that admission has counted and that wait no longer: consumed, cancelled, refused, or sent twice. Whoever writes to the log next
 * tells it. Bounded: what is forgotten here is given back when admission's own count expires.
 */
export class Releases {
  #messages: string[];

  constructor(messages: readonly string[] = []) {
    this.#messages = [...messages];
  }

  add(...messages: readonly string[]): void {
    this.#messages = [...new Set([...this.#messages, ...messages])].slice(-2 * LIMITS.inboxMessages);
  }

  /** A message that came again, or was refused: it was counted, and does not wait. */
  addUnlessWaiting({ messageId, status }: Receipt): void {
    if (status !== 'accepted' && status !== 'queued') this.add(messageId);
  }

  take(): readonly string[] {
    const taken = this.#messages;
    this.#messages = [];
    return taken;
  }

  list(): readonly string[] {
    return this.#messages;
  }
}
