/** Steps of a turn that wait: for a time, or for a worker with the means. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TurnWait } from '../../src/contracts/index.ts';

/** The longest that Node's timers can do, ms. */
const TIMER_MOST_MS = 2 ** 31 - 1;

export class Pauses {
  /** By path. */
  readonly #waits = new Map<string, TurnWait>();
  /** Names of runners by path. */
  readonly #lacking = new Map<string, string>();

  list(): readonly TurnWait[] {
    return [...this.#waits.values()];
  }

  lacking(): readonly string[] {
    return [...this.#lacking.values()];
  }

  /** Rejects with the reason of the signal; `begun` is told that the step waits. */
  async lack(
    { path, runner }: { path: string; runner: string },
    signal: AbortSignal,
    begun: () => void,
  ): Promise<void> {
    this.#lacking.set(path, runner);
    begun();
    await until(Infinity, signal).finally(() => this.#lacking.delete(path));
  }

  /** Resolves when the pause is over; `begun` is told that it has begun. Rejects with the reason of the signal. */
  async take(wait: TurnWait, signal: AbortSignal, begun: () => void): Promise<void> {
    if (wait.until <= Date.now()) return;
    this.#waits.set(wait.path, wait);
    begun();
    await until(wait.until, signal).finally(() => this.#waits.delete(wait.path));
  }
}

/** Resolves at that time, ms since the Unix epoch. Rejects with the reason of the signal. */
export async function until(time: number, signal: AbortSignal): Promise<void> {
  for (let left = time - Date.now(); left > 0; left = time - Date.now()) {
    const ms = Math.min(left, TIMER_MOST_MS);
    await pause(ms, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

/** Rejects with the reason of the signal. */
export function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  promise.catch(() => undefined);
  return promise;
}
