/** The session log in Redis. */
import { DAY, HOUR, KIB, SECOND } from './units.ts';

export const LOG = {
  /**
   * A log expires when nothing is appended to it for this long. Whoever needs it after that rebuilds it, at the cost of a workflow query, a
   * read of the archive, and a snapshot for each client that returns; the same happens under a step that streams for longer
   * (`stepTimeoutMostMs`). It is short so that a full Redis recovers soon.
   */
  logTtlMs: 1 * HOUR,
  /** The log of an erased session cannot be made for so long: no writer goes on for longer. */
  erasedLogMs: 1 * DAY,
  /** The same once the session is closed: by then its followers have everything. */
  closedLogTtlMs: 600 * SECOND,
  /** Events of one session in the log, bytes of JSON; older ones are trimmed and served from the archive. */
  logBytes: 2 * KIB * KIB,
  /**
   * What the ends may hold together that closing a turn makes of its running steps, bytes of JSON. They travel in one payload of 2 MiB with
   * what the turn has to report already (`turnFactsMostBytes`); each gets an equal share, and a longer text loses its end.
   */
  closesBytes: 512 * KIB,
  /** A parent's events that a fork reads at a time; few after a page that was longer than `chars`, UTF-16 code units of JSON. */
  forkPage: { least: 32, most: 1_000, chars: 1024 * KIB },
  redisTimeoutMs: 2 * SECOND,
  /** How often each connection is asked for a sign of life. */
  redisLookMs: 1 * SECOND,
  /** How often a cluster is asked which node serves which slot, besides when it says that one has moved. */
  redisSlotsMs: 5 * SECOND,
  /** A connection that owes an answer and is silent for so long is replaced: 3.5 s after it fell silent at the latest. */
  redisSilenceMs: 2.5 * SECOND,
  /** What a worker has of its own is told this often, and forgotten after so long. */
  catalogEveryMs: 5 * SECOND,
  catalogTtlMs: 15 * SECOND,
  /** A gateway asks for it again after so long. */
  catalogCachedMs: 1 * SECOND,
  /** Its names and schemas, UTF-8 bytes of JSON. */
  catalogBytes: 256 * KIB,
} as const;
