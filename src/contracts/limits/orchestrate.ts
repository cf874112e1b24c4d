/** What a session's workflow holds. */
import { HOUR, KIB, SECOND } from './units.ts';

export const ORCHESTRATE = {
  /** Turns that a session runs beside that of its main lane. */
  turnsBeside: 4,
  /** What the workflow keeps of each of them between two activities, its journal above all, UTF-8 bytes of JSON: it carries all of them. */
  turnBesideBytes: 64 * KIB,
  /** People that are members of a session; its agents: `agentsPerSession`. */
  peoplePerSession: 64,
  /** Names that a session remembers, with those of members that have left. */
  membersKept: 128,
  /** The agents of a session together, UTF-16 code units of JSON: as much as the request may have that opens one. */
  rosterChars: 64 * KIB,
  /** Roles of a person. */
  rolesPerPerson: 16,
  /** Decided approvals that a session remembers, to tell who votes too late. */
  approvalsKept: 64,
  /** What people have changed of what they have approved, in all turns at work together, UTF-8 bytes of JSON: the journal holds it. */
  turnEditsBytes: 128 * KIB,
  /** Total size of the waiting messages, UTF-16 code units of JSON: what one run hands over to the next must fit a payload of 2 MiB. */
  inboxChars: 256 * KIB,
  /**
   * The same bound at admission, before a message is signalled: UTF-8 bytes of the JSON of everything that waits in a session. A text
   * never has more code units than bytes, so whatever is admitted within this fits into `inboxChars`.
   */
  inboxBytes: 256 * KIB,
  /**
   * Of the room of what waits (messages, bytes and signals), what may be taken when a channel event comes: however many an application
   * publishes, there is room for messages.
   */
  channelShare: 0.5,
  /** A message that was never released counts as waiting for this long: its gateway may have died before the signal. */
  inboxTtlMs: 1 * HOUR,
  /** A message that is sent more often than this before its session has told of it is not signalled again unless its workflow lacks it. */
  messageSends: 8,
  /**
   * Signals for the messages that wait in a session, repeated ones included. The server fails a workflow task for which more than 100 events
   * wait (`history.maximumBufferedEventsBatch`), which the SDK's core cannot cope with while a quick turn runs in it: the session stands still
   * (SDK 1.24, `test/workflows/flood.test.ts`).
   */
  signalsWaiting: 96,
  /**
   * Size of the facts that wait for the log, which may be away for hours, UTF-8 bytes of JSON. Beyond it messages are rejected with
   * `inbox_full`: all these facts travel in one payload of 2 MiB.
   */
  outboxBytes: 256 * KIB,
  /** Rejections among these facts. Further rejections show only in the message's receipt. */
  outboxRejections: 100,
  /** Messages whose receipts a session remembers, and so can recognise as duplicates. */
  receiptsKept: 1_000,
  /** Channel events of which it knows the same, beside these. */
  publishedKept: 500,
  /** Messages for later that a session keeps; further ones are rejected with `inbox_full`. */
  laterMessages: 100,
  /** Their total size, UTF-8 bytes of JSON: they travel with everything else that one run hands over to the next. */
  laterBytes: 128 * KIB,
  /** How far ahead a message may be for. */
  laterWithinMs: 90 * 24 * HOUR,
  /** Pause before a message for later is tried again that came due when its session was full. */
  laterRetryMs: 5 * SECOND,
  /** Firings of a schedule that were missed while Temporal was away are made up for if it was no longer than this. */
  scheduleCatchUpMs: 1 * HOUR,
  /** Questions, mostly for receipts, that a gateway asks a session at a time; it asks once at a time. */
  receiptsAtOnce: 100,
  /** Continue as new at the next pause after this many history events. Cold replay costs 0.65 to 2 ms each. */
  historyEvents: 500,
  historyBytes: 2 * KIB * KIB,
  /** Text that the workflow holds before it archives and continues as new, UTF-16 code units. */
  heldChars: 256 * KIB,
  /** Held text in one answer of the query `events`, UTF-16 code units of JSON (a larger event is a page by itself): a payload holds 2 MiB. */
  eventsPageChars: 256 * KIB,
  /** A session in which nothing happens, runs or waits for so long after a turn hibernates, unless the deployment says otherwise. */
  hibernateAfterMs: 1 * HOUR,
  /** What a deployment, or a session that closes by itself, may ask for instead. */
  idleLeastMs: 100,
  idleMostMs: 365 * 24 * HOUR,
  /** Longest timer of a turn that waits; a longer wait takes several. */
  timerMostMs: 30 * 24 * HOUR,
  /** Time limit for archiving when it may fail (two attempts); messages wait meanwhile. */
  archiveTryMs: 5 * SECOND,
  /** Pause after archiving has failed. */
  archivePauseMs: 20 * SECOND,
  /**
   * While the archive is away a session continues up to these limits; then its messages wait for the archive. A worker that takes over
   * the session must replay the history within about one workflow task (`RECOVERY.workflowTaskTimeoutMs`).
   */
  historyEventsHard: 2_000,
  historyBytesHard: 8 * KIB * KIB,
  heldCharsHard: 2 * KIB * KIB,
} as const;
