/** What an event loop shares with its watcher. */
import type { LogLevel } from '../telemetry/index.ts';

export interface WatchedLoop {
  readonly shared: Int32Array<SharedArrayBuffer>;
  readonly redisUrl: string;
  readonly logLevel: LogLevel;
}

/** Places in `shared`: how often the event loop has come round; 1 if a debugger may be at work. */
export const TICKS = 0;
export const DEBUGGED = 1;

/** Global function of the watched thread: for whom its code runs at this moment (`whoseCode`). */
export const WHOSE = 'convokeWhoseCode';
