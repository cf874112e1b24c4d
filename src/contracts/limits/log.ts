/** The session log in Redis. */
import { HOUR, KIB, SECOND } from './units.ts';

export const LOG = {
  /**
   * A log that nobody writes to for this long is dropped; who needs it then builds it anew, which costs a question to the workflow, a read
   * of the archive, and a snapshot for each client that comes back. Short, so that a full Redis soon has room again; longer than a step may
   * run (`stepTimeoutMs`), which renews it only when it begins and ends.
   */
  logTtlMs: 1 * HOUR,
  /** The same, once the session is closed: those who follow it have heard everything by then. */
  closedLogTtlMs: 600 * SECOND,
  /** Events of one session in the log, bytes of JSON; older ones are trimmed and served from the archive. */
  logBytes: 2 * KIB * KIB,
  redisTimeoutMs: 2 * SECOND,
} as const;
