/** The session log in Redis. */
import { HOUR, KIB, SECOND } from './units.ts';

export const LOG = {
  /**
   * A log to which nobody appends for this long is dropped. Who needs it then rebuilds it, which costs a question to the workflow, a read of
   * the archive, and a snapshot for each client that comes back; so does a step that runs for longer (`stepTimeoutMostMs`) and streams on.
   * Short, so that a full Redis soon has room again.
   */
  logTtlMs: 1 * HOUR,
  /** The same, once the session is closed: those who follow it have heard everything by then. */
  closedLogTtlMs: 600 * SECOND,
  /** Events of one session in the log, bytes of JSON; older ones are trimmed and served from the archive. */
  logBytes: 2 * KIB * KIB,
  redisTimeoutMs: 2 * SECOND,
} as const;
