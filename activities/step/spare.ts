/** Whether this process has time to spare: what only makes an answer come sooner is left out under load. */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';

/** How long one look is good for, ms. */
const FRESH_MS = 100;
/** Of the event loop's time. */
const BUSY = 0.4;

let looked: EventLoopUtilization = performance.eventLoopUtilization();
let lookedAt = performance.now();
let spare = true;

/** False if the event loop was busy for two fifths of the last tenth of a second, or more. */
export function hasTimeToSpare(): boolean {
  if (performance.now() - lookedAt > FRESH_MS) {
    const now = performance.eventLoopUtilization();
    spare = performance.eventLoopUtilization(now, looked).utilization < BUSY;
    [looked, lookedAt] = [now, performance.now()];
  }
  return spare;
}
