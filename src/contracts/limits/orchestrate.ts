/** What a session holds in its workflow. */
import { HOUR, KIB, SECOND } from './units.ts';

export const ORCHESTRATE = {
  /** Messages that may wait in a session; one more is rejected with `inbox_full`. */
  inboxMessages: 100,
  /** Size of the messages that may wait, all together, UTF-16 code units of JSON: what one run hands to the next must fit a payload of 2 MiB. */
  inboxChars: 256 * KIB,
  /**
   * The same bound where a message is admitted, before it is signalled: UTF-8 bytes of the JSON of what waits in a
   * session. A text has no more code units than bytes, so what was admitted within this fits into `inboxChars`.
   */
  inboxBytes: 256 * KIB,
  /** A message that nobody gave back counts as waiting for this long: its gateway may have died before the signal. */
  inboxTtlMs: 1 * HOUR,
  /**
   * Size of the facts that wait for the log (it may be away for hours), UTF-16 code units of JSON. Messages beyond it are rejected with
   * `inbox_full`: all of these facts travel in one payload of 2 MiB.
   */
  outboxChars: 256 * KIB,
  /** Rejections among these facts. Of a message beyond them only its receipt tells. */
  outboxRejections: 100,
  /** Messages whose receipts (and so duplicates) a session remembers. */
  receiptsKept: 1_000,
  /** Continue as new at the next pause after this many history events. Cold replay costs 0.65 to 2 ms each. */
  historyEvents: 500,
  historyBytes: 2 * KIB * KIB,
  /** Text that the workflow holds before it archives and continues as new, UTF-16 code units. */
  heldChars: 256 * KIB,
  /** Held text in one answer of the query `events`, UTF-16 code units of JSON (an event more than that comes alone): a payload holds 2 MiB. */
  eventsPageChars: 256 * KIB,
  /** Longest timer of a turn that waits; a longer wait takes several. */
  timerMostMs: 30 * 24 * HOUR,
  /** Longest time of a try to archive (of two attempts) that may fail; messages wait meanwhile. */
  archiveTryMs: 5 * SECOND,
  /** Pause after such a try failed. */
  archivePauseMs: 20 * SECOND,
  /**
   * With an archive that is away a session goes on up to these; then its messages wait for the archive. A worker that takes the session
   * over must replay the history within a workflow task or little more (`RECOVERY.workflowTaskTimeoutMs`).
   */
  historyEventsHard: 2_000,
  historyBytesHard: 8 * KIB * KIB,
  heldCharsHard: 2 * KIB * KIB,
} as const;
