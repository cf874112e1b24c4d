import { setTimeout as pause } from 'node:timers/promises';

/** Counts, 20 numbers a second. */
export async function* counted(to: number, attempt: number, signal: AbortSignal): AsyncGenerator<string> {
  for (let n = 1; n <= to; n += 1) {
    await pause(50, undefined, { signal });
    yield n === 1 ? `a${attempt}: 1` : ` ${n}`;
  }
}
