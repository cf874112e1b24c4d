/** Every limit, with its unit in its name, in one place. */

const KIB = 1024;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

export const LIMITS = {
  // What strangers send
  /** One REST body or socket frame. Also Socket.IO's `maxHttpBufferSize`. */
  requestBytes: 64 * KIB,
  /** Text of one message, all parts together, UTF-16 code units. */
  messageChars: 32_000,
  messageParts: 32,
  /** Nesting of any JSON from outside. `JSON.stringify` fails at about 5,000 (reliability of later steps depends on this cap). */
  jsonDepth: 32,
  agentsPerSession: 16,
  instructionsChars: 8_000,
  scriptChars: 16_000,
  scriptTokens: 100_000,
  scriptFaults: 32,
  metadataBytes: 8 * KIB,
  nameChars: 64,
  modelChars: 128,
  /** Open steps in one cursor. */
  cursorSteps: 64,
  pageEvents: 500,
  /** A page of archived events ends soon after so many characters of JSON. */
  pageChars: 1024 * KIB,
  pageSessions: 100,
  /** Entries of a page whose size was not asked for. */
  pageDefault: 100,
  /** What the cursor of a list may hold: Temporal's token. */
  pageTokenChars: 8_192,
  /** Sessions that one socket may be attached to. */
  attachmentsPerSocket: 32,
  /** Requests that one socket may have unanswered. */
  inflightPerSocket: 64,

  // Orchestrate
  /** Messages that may wait in a session; one more is rejected with `inbox_full`. */
  inboxMessages: 100,
  /** Size of the messages that may wait, all together, UTF-16 code units of JSON: what one run hands to the next must fit a payload of 2 MiB. */
  inboxChars: 256 * KIB,
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

  // Execute
  /** Tries of a failing step, unless its agent says otherwise; and what an agent may say. */
  stepAttempts: 5,
  stepAttemptsMost: 20,
  /** Longest attempt, and longest silence in it after its first token; an agent may ask for others. */
  stepTimeoutMs: 600 * SECOND,
  stepIdleMs: 60 * SECOND,
  /** Longest silence before the first token: a model may have to be loaded, or a slot may have to become free. */
  stepFirstMs: 300 * SECOND,
  /** The most that an agent may ask for of these three. */
  stepTimeoutMostMs: 1 * HOUR,
  /** Text of one step, UTF-16 code units. Far below Temporal's payload limit of 2 MiB. */
  stepChars: 128 * KIB,
  /** The sentence that says why a step failed, UTF-16 code units; it stands in events and heartbeats. */
  failureChars: 500,
  /** One attempt of a quick step: it holds its workflow task open, and meanwhile the session answers nobody. */
  quickTimeoutMs: 2 * SECOND,
  /** Conversation shown to an agent, UTF-16 code units; the newest are kept. */
  contextChars: 128 * KIB,
  /** Steps that one worker process runs at a time. */
  stepsPerWorker: 200,
  /**
   * Workflow tasks that one worker process has under way. A quick step holds its task open, and a busy session's next task comes with the
   * answer to the last: with Temporal's 40, measured, 24 of 64 busy sessions waited for as long as the others had work.
   */
  workflowTasksPerWorker: 1_000,
  /** Sessions whose conversation a worker remembers between steps. */
  contextSessions: 1_000,
  /** Text of all these conversations together, UTF-16 code units of two bytes; the least recently used are forgotten. */
  contextTotalChars: 32 * KIB * KIB,

  // The session log
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

  // Deliver
  snapshotEntries: 200,
  /** Text in one snapshot, UTF-16 code units, the newest: three bytes each still fit into `socketBytes`. */
  snapshotChars: 256 * KIB,
  /**
   * Text in the view that a gateway holds of a session that it follows, UTF-16 code units, the newest. More than a running step and a full
   * inbox after it together, so that no running step is dropped.
   */
  viewChars: 512 * KIB,
  /** Newest events that a gateway keeps in memory for a session that it follows. Whoever missed more takes a snapshot. */
  ringEvents: 256,
  /** The same, UTF-16 code units of their JSON: three bytes each still fit into `socketBytes`. */
  ringChars: 256 * KIB,
  /** Newest events that a view, or a lost log, is built from. */
  replayEvents: 500,
  /** Notices that wait while a gateway fills a gap; more are dropped and read from the log. */
  heldNotices: 512,
  /** A gateway rebuilds a lost log after a random part of this: most find that somebody else has. */
  recoverSpreadMs: 500,
  /** Lost logs that one gateway rebuilds at a time; each asks a workflow. */
  recoveriesAtOnce: 16,
  /** First pause after a failure to read the log; doubles up to `positionCheckMs`. */
  followRetryMs: 200,
  /** What may wait in memory to be sent to one socket. */
  socketBytes: KIB * KIB,
  /** Snapshots among it do not count, up to this: several sessions may each send one at the same moment. */
  socketSnapshotBytes: 8 * KIB * KIB,
  socketPackets: 512,
  /** How long a gateway keeps following a session after its last watcher left. */
  lingerMs: 15 * SECOND,
  /** How often a followed session's position is compared with the log's. */
  positionCheckMs: 5 * SECOND,
  sseHeartbeatMs: 15 * SECOND,
  /** Close connections in batches over this time when a gateway stops. */
  drainMs: 3 * SECOND,
} as const;

/**
 * Times that decide how fast a crash is noticed. Goal: the next token within 3 s of a worker's hard kill. A dead worker's step is
 * noticed `heartbeatTimeoutMs` after its last heartbeat; a workflow task that it held after `workflowTaskTimeoutMs`; a task on its sticky
 * queue after `stickyTimeoutMs`.
 */
export const RECOVERY = {
  heartbeatTimeoutMs: 2_000,
  heartbeatEveryMs: 700,
  workflowTaskTimeoutMs: 2_000,
  stickyTimeoutMs: 1_000,
  /** First pause before a step is tried again; doubles up to `retryMaxMs`. */
  retryMs: 100,
  retryMaxMs: 10_000,
  /** Longest wait of a gateway for Temporal alone: the answer to the client comes within 2 s. */
  ingressDeadlineMs: 1_500,
  /** Longest wait of a gateway for a worker's answer. A workflow task that is held open by a quick step answers after 0.8 of its time-out. */
  answerDeadlineMs: 4_000,
  /** Longest wait of a worker for what a workflow knows, when a lost log is built anew. */
  queryDeadlineMs: 5_000,
  /** How long a stopping worker lets running steps finish before it hands them over. */
  workerGraceMs: 10_000,
} as const;
