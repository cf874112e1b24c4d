/**
 * Watches the event loop of this process from a thread of its own. Code that never yields takes every session of a worker with it: nothing
 * here could stop it, so its process ends, whoever supervises it starts another one, and its turn is known as the one that did it.
 */
import { url as debuggerUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { whoseCode } from '../../activities/index.ts';
import { RECOVERY } from '../contracts/index.ts';
import type { Logger, LogLevel } from '../telemetry/index.ts';
import { DEBUGGED, TICKS, WHOSE, type WatchedLoop } from './watched-loop.ts';

const FILE = import.meta.url.endsWith('.ts') ? './event-loop-watcher.ts' : './event-loop-watcher.js';
/** Of the thread, MB: it needs about 10. */
const HEAP_MB = 64;

export interface WatchOptions {
  readonly redisUrl: string;
  readonly logLevel: LogLevel;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Watches until the returned function is called. */
export function watchEventLoop({ redisUrl, logLevel, logger }: WatchOptions): () => Promise<void> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const tick = (): void => {
    // A breakpoint may stop the event loop for as long as it likes.
    Atomics.store(shared, DEBUGGED, debuggerUrl() === undefined ? 0 : 1);
    Atomics.add(shared, TICKS, 1);
  };
  tick();
  const timer = setInterval(tick, RECOVERY.stallLookMs).unref();
  Object.assign(globalThis, { [WHOSE]: whoseCode });
  const workerData: WatchedLoop = { shared, redisUrl, logLevel };
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
  const watcher = new Worker(new URL(FILE, import.meta.url), { workerData, resourceLimits });
  watcher.unref();
  watcher.on('error', (error: unknown) =>
    logger.warn({ err: error }, 'The event loop is not watched any more'),
  );
  return async () => {
    clearInterval(timer);
    await watcher.terminate();
  };
}
