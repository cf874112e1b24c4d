/**
 * Times that decide how fast a crash is detected. Goal: the next token within 3 s after a worker that speaks is killed. A dead worker's step
 * is detected `heartbeatTimeoutMs` after its last heartbeat, a workflow task that it held after `workflowTaskTimeoutMs`, and a task on its
 * sticky queue after `stickyTimeoutMs`. The latter two are no shorter because a task that is late for them replays its session: with 2 s and
 * 1 s, measured, every second task of a starved worker was late, and a session stood still for minutes.
 */
export const RECOVERY = {
  heartbeatTimeoutMs: 1_300,
  heartbeatEveryMs: 400,
  workflowTaskTimeoutMs: 4_000,
  stickyTimeoutMs: 3_000,
  /** First pause before an activity is tried again; doubles up to `retryMaxMs`. */
  retryMs: 100,
  retryMaxMs: 10_000,
  /** Executions of a turn that may be lost with their worker without any progress; then its open steps fail. */
  lostAttempts: 10,
  /** How long a turn waits for a worker that has what it needs, after one without that has handed it over; then it fails. */
  ableWorkerMs: 15_000,
  /** First pause after a provider has failed a step, or has asked to slow down; doubles with each failure. */
  providerPauseMs: 500,
  limitedPauseMs: 2_000,
  providerPauseMostMs: 30_000,
  /** Executions of an activity of a turn after which it is given up, however far they got. */
  turnExecutions: 50,
  /** How long an activity that is to stop waits for the log to say what of it; then all of it stops. */
  haltLookMs: 300,
  /** Clients are told about pauses of a step of at least this length. */
  waitToldMs: 1_000,
  /** How long a gateway waits for Redis before it admits a message by its own count. */
  admitDeadlineMs: 300,
  /** How long a gateway waits for Temporal alone, so that the client is answered within 2 s. */
  ingressDeadlineMs: 1_500,
  /** How long a gateway waits for a worker's answer. A workflow task that a quick step holds open answers after 0.8 of its time-out. */
  answerDeadlineMs: 4_000,
  /** How long a worker waits for the workflow's answer when it rebuilds a lost log. */
  queryDeadlineMs: 10_000,
  /** How often at most a worker looks for sessions whose workflow has ended without closing them, and at least half as often. */
  interruptionsEveryMs: 10_000,
  /** How often at most a gateway looks whether a session that is full is one that nobody runs: as often as a refused sender comes back. */
  fullLookEveryMs: 2_000,
  /** How long a stopping worker lets running steps finish before it hands them over. */
  workerGraceMs: 10_000,
  /** How often a worker's event loop tells its watcher that it goes on, and how often that one looks. */
  stallLookMs: 100,
  /** An event loop that stands still for this long is asked whose code runs; 1 s after its beginning the turn may begin on another worker. */
  stallNoticedMs: 800,
  /**
   * One that stands still for this long ends with its process. No garbage collection takes so long, and the turns of the worker have gone to
   * others after `heartbeatTimeoutMs`: nothing is lost with it any more.
   */
  stallEndedMs: 5_000,
  /** Workers whose event loop the code of one turn may block until they end; then the turn fails. */
  stalledWorkers: 2,
  /** How long that is remembered of a turn. */
  stallKeptMs: 600_000,
} as const;
