import { CancellationScope, sleep } from '@temporalio/workflow';
import { LIMITS } from '../src/contracts/index.ts';

/**
 * Rings once a moment has come, or after the longest timer, and tells what time it is for whoever decides something then: the moment for
 * which it was set. Not the clock: an update that came in a task by which the SDK extended another one (`update-line.ts`) is replayed with
 * the clock of the first, so a comparison of moments may come out differently, and no worker could go on with the session.
 */
export class Alarm {
  #timer: CancellationScope | null = null;

  /** In place of what was set before. `at`: ms since the Unix epoch; null: never. `story`: for the Web UI. */
  set(at: number | null, ring: (now: number) => void, story: { readonly summary?: string } = {}): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (at === null) return;
    const timer = new CancellationScope();
    this.#timer = timer;
    const set = Date.now();
    const ms = Math.min(Math.max(at - set, 1), LIMITS.timerMostMs);
    const rings = (): void => ring(Math.min(at, set + LIMITS.timerMostMs));
    void timer.run(() => sleep(ms, story)).then(rings, () => undefined); // cancelled
  }
}
