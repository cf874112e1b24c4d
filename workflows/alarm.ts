import { CancellationScope, sleep } from '@temporalio/workflow';
import { LIMITS } from '../src/contracts/index.ts';

/** Rings once a moment has come, or after the longest timer; whoever hears it looks what the time is. */
export class Alarm {
  #timer: CancellationScope | null = null;

  /** In place of what was set before. `at`: ms since the Unix epoch; null: never. `story`: for the Web UI. */
  set(at: number | null, ring: () => void, story: { readonly summary?: string } = {}): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (at === null) return;
    const timer = new CancellationScope();
    this.#timer = timer;
    const ms = Math.min(Math.max(at - Date.now(), 1), LIMITS.timerMostMs);
    void timer.run(() => sleep(ms, story)).then(ring, () => undefined); // cancelled
  }
}
