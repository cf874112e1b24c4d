/** The session log: its port, the Redis adapter, and how a lost log is built anew. */
export type {
  Admission,
  AppendInput,
  Appended,
  BeginInput,
  Begun,
  Closing,
  CommitInput,
  DeltaReply,
  Ended,
  Fenced,
  Incomplete,
  LogListener,
  LogQuery,
  LogSlice,
  RebuildInput,
  SessionLog,
} from './log.ts';
export { createRedisLog } from './redis.ts';
export { MemoryLog } from './memory/memory-log.ts';
export { createCatalogs } from './catalogs.ts';
export { createLevels } from './levels.ts';
export type { Levels } from './levels.ts';
export type { Catalogs } from './catalogs.ts';
export { createWorkerRows } from './workers.ts';
export type { WorkerRows } from './workers.ts';
export { logUnavailable } from './failure.ts';
export { inTime } from './in-time.ts';
export { scriptsBeside } from './scripts.ts';
export { createTicketRows } from './tickets.ts';
export type { TicketRows } from './tickets.ts';
export { createPresenceRows, memberField } from './presence.ts';
export type { PresenceRows, PresentList } from './presence.ts';
export { createLogEraser } from './erase.ts';
export { createStalls } from './stalls.ts';
export type { Stall, Stalls } from './stalls.ts';
export { checkServer, connectChannels, connectCommands, connectPatiently, connectRedis } from './connect.ts';
export type { Commands } from './connect.ts';
export type { Channels } from './channels.ts';
export { assemble } from './assemble.ts';
export { archivedTail, recoverLog } from './recover.ts';
export type { SessionSource } from './recover.ts';
export { eventsBetween, holds, logHead, placeBefore } from './past.ts';
export type { PastDeps } from './past.ts';
export { settleInterrupted } from './settle.ts';
export type { SettleDeps } from './settle.ts';
