import { LIMITS, type CarriedState, type Receipt } from '../../src/contracts/index.ts';

/**
 * Messages that admission has counted and that wait no longer: consumed, cancelled, refused, or sent twice. Whoever writes to the log next
 * tells it. Bounded: what is forgotten here is given back when admission's own count expires.
 *
 * Those that are held back are told by the next run of the workflow only. Meanwhile they take room, so that no more come than this run's history
 * can hold.
 */
export class Releases {
  #messages: string[];
  #heldBack: readonly string[] = [];
  #isDue: boolean;

  /** `heldBack`: some of them were, by the run before. */
  constructor(messages: readonly string[] = [], heldBack = false) {
    this.#messages = [...messages];
    this.#isDue = heldBack;
  }

  /** True if they are worth a publish of their own: there is room again that nobody knows of. */
  get isDue(): boolean {
    return this.#isDue;
  }

  add(...messages: readonly string[]): void {
    this.#messages = bounded([...this.#messages, ...messages]);
  }

  /** A message that came again, or was refused: it was counted, and does not wait. */
  addUnlessWaiting({ messageId, status }: Receipt): void {
    if (status !== 'accepted' && status !== 'queued') this.add(messageId);
  }

  holdBack(messageId: string): void {
    this.#heldBack = bounded([...this.#heldBack, messageId]);
  }

  take(): readonly string[] {
    const taken = this.#messages;
    this.#messages = [];
    this.#isDue = false;
    return taken;
  }

  list(): readonly string[] {
    return bounded([...this.#messages, ...this.#heldBack]);
  }

  carry(): Pick<CarriedState, 'release' | 'heldBack'> {
    const isDue = this.#isDue || this.#heldBack.length > 0;
    return { release: this.list(), ...(isDue ? { heldBack: true } : {}) };
  }
}

function bounded(messages: readonly string[]): string[] {
  return [...new Set(messages)].slice(-2 * LIMITS.inboxMessages);
}
