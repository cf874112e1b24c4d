/** How many calls run at a time at an endpoint; who comes first is served first. */
import type { RunPiece } from './runner.ts';

/** Who waits shows this often that it lives, ms. */
const ALIVE_EVERY_MS = 250;

export type Release = () => void;

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Who waits. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A slot that is free right now. */
  takeFree(): Release | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    return this.#release();
  }

  /** Waits for one. Rejects with the reason of `signal`, and leaves the queue. */
  async take(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    const free = this.takeFree();
    if (free) return free;
    await this.#turn(signal);
    return this.#release();
  }

  /** Gives a slot back, once however often it is called. */
  #release(): Release {
    let held = true;
    return () => {
      if (held) this.#next();
      held = false;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the slot to the next in the queue, or keeps it free. */
  #next(): void {
    const go = this.#waiting.shift();
    if (go) go();
    else this.#free += 1;
  }
}

/**
 * A slot, as soon as there is one. Waiting is told as life, and so is its end: from there on the model's own first token is waited for.
 * Throws the reason of `signal`.
 */
export async function* waitForSlot(
  slots: Slots,
  signal: AbortSignal,
): AsyncGenerator<RunPiece, Release, undefined> {
  const free = slots.takeFree();
  if (free) return free;
  let answer: { release: Release } | { error: unknown } | undefined;
  let wake = (): void => undefined;
  const taken = slots
    .take(signal)
    .then(
      (release) => (answer = { release }),
      (error: unknown) => (answer = { error }),
    )
    .then((settled) => {
      wake();
      return settled;
    });
  let isHanded = false;
  try {
    while (!answer) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ALIVE_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      yield { type: 'alive' };
    }
    if ('error' in answer) throw answer.error;
    isHanded = true;
    return answer.release;
  } finally {
    // Nobody reads any more: the slot, or the place in the queue that the abort gives up, is for the next.
    if (!isHanded) void taken.then((settled) => 'release' in settled && settled.release());
  }
}
