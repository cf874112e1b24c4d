/** What a process has left: files, heap, time. */
import { readdir, readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { LIMITS } from '../../contracts/index.ts';
import type { Check } from '../readiness.ts';

/** How often the event loop is looked at, ms. */
const RESOLUTION_MS = 20;

/** Files that this process may open; Infinity where the system does not tell (it is not Linux). */
export async function filesLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
}

async function checkFiles(): Promise<void> {
  const open = await readdir('/proc/self/fd').catch(() => []);
  const most = await filesLimit();
  if (open.length > LIMITS.filesShare * most) throw new Error(`${open.length} of ${most} files are open`);
}

async function checkHeap(): Promise<void> {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  if (used > LIMITS.heapShare * most) throw new Error(`${used} of ${most} bytes of heap are used`);
}

export interface Vitals {
  readonly checks: Readonly<Record<'files' | 'heap' | 'eventLoop', Check>>;
  /** How late the event loop was when that was checked last, ms. */
  readonly lateMs: () => number;
}

/** Checks of readiness. The event loop is judged by the tenth of its rounds that were latest since it was asked last. */
export function createVitals(): Vitals {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let late = 0;
  return {
    lateMs: () => late,
    checks: {
      files: checkFiles,
      heap: checkHeap,
      async eventLoop() {
        const found = Math.round(delay.percentile(90) / 1e6);
        delay.reset();
        // Of a loop that is in time the resolution is measured.
        late = Math.max(0, found - RESOLUTION_MS);
        if (found > LIMITS.lateMs) throw new Error(`The event loop is ${found} ms late`);
      },
    },
  };
}
