/**
 * Times that decide how fast a crash is noticed. Goal: the next token within 3 s of a worker's hard kill. A dead worker's step is
 * noticed `heartbeatTimeoutMs` after its last heartbeat; a workflow task that it held after `workflowTaskTimeoutMs`; a task on its sticky
 * queue after `stickyTimeoutMs`.
 */
export const RECOVERY = {
  heartbeatTimeoutMs: 1_300,
  heartbeatEveryMs: 400,
  workflowTaskTimeoutMs: 2_000,
  stickyTimeoutMs: 1_000,
  /** First pause before an activity is tried again; doubles up to `retryMaxMs`. */
  retryMs: 100,
  retryMaxMs: 10_000,
  /** Executions of a turn that may be lost with their worker without any progress; then its open steps fail. */
  lostAttempts: 10,
  /** First pause after a provider has failed a step, or has asked to slow down; doubles with each failure. */
  providerPauseMs: 500,
  limitedPauseMs: 2_000,
  providerPauseMostMs: 30_000,
  /** A pause of a step of at least this length is told to clients. */
  waitToldMs: 1_000,
  /** Longest wait of a gateway for Redis before it admits a message by its own count. */
  admitDeadlineMs: 300,
  /** Longest wait of a gateway for Temporal alone: the answer to the client comes within 2 s. */
  ingressDeadlineMs: 1_500,
  /** Longest wait of a gateway for a worker's answer. A workflow task that is held open by a quick step answers after 0.8 of its time-out. */
  answerDeadlineMs: 4_000,
  /** Longest wait of a worker for what a workflow knows, when a lost log is built anew. */
  queryDeadlineMs: 5_000,
  /** How often at most a worker looks for sessions whose workflow has ended without closing them, and at least half as often. */
  interruptionsEveryMs: 10_000,
  /** How long a stopping worker lets running steps finish before it hands them over. */
  workerGraceMs: 10_000,
} as const;
