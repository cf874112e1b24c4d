/**
 * Identifiers. Every id that a caller may choose matches one pattern, so it can be part of a workflow id, a Redis key, a room and a
 * search query without escaping.
 */

/** Identifies a session: one durable conversation of one tenant. */
export interface SessionRef {
  readonly tenant: string;
  readonly session: string;
}

/** Ids that a caller may choose. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
/** Ids of turns and of steps. */
export const TURN_PATTERN = /^t[1-9]\d{0,8}$/;
export const STEP_PATTERN = /^t[1-9]\d{0,8}(\.[A-Za-z0-9_-]{1,32}){1,24}$/;

/** True for ids that a caller may choose: 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}

/** Control characters, line breaks, and what shows letters backwards. Marks of right-to-left names are none of these. */
const NO_NAME = /[\p{Cc}\u2028\u2029\u202d\u202e]/u;

/** True for what may be shown in the middle of a line, as the name of a person: it can forge nothing around it. */
export function isOneLine(text: string): boolean {
  return !NO_NAME.test(text);
}

/** `{tenant}:{session}`: the one textual key of a session; injective because ids hold no colon. */
export function sessionKey(ref: SessionRef): string {
  return `${ref.tenant}:${ref.session}`;
}

/** The Temporal workflow id of a session. */
export function workflowId(ref: SessionRef): string {
  return `session:${sessionKey(ref)}`;
}

/** The session that a workflow id stands for, or null if it is not a session's. */
export function parseWorkflowId(id: string): SessionRef | null {
  const [kind, tenant, session, ...rest] = id.split(':');
  if (kind !== 'session' || rest.length > 0 || !isId(tenant) || !isId(session)) return null;
  return { tenant, session };
}

/** Turns are numbered in the order in which their messages were accepted: `t1`, `t2`, … */
export function turnId(number: number): string {
  return `t${number}`;
}

/** The number in a turn id; 0 for anything that is not one. */
export function turnNumber(turn: string): number {
  return TURN_PATTERN.test(turn) ? Number(turn.slice(1)) : 0;
}

/**
 * A step is named by its turn and the path of the call that asked for it: `t3.2`, in a branch of `parallel` `t3.2.draft.1`. The same in every
 * attempt.
 */
export function stepId(turn: string, path: string): string {
  return `${turn}.${path}`;
}

/** The turn of a step. */
export function turnOf(step: string): string {
  return step.slice(0, step.indexOf('.'));
}

/** The path of a tool call: the n-th (1, 2, …) of the answer at this path. */
export function callPath(path: string, n: number): string {
  return `${path}.c${n}`;
}

/** The path of the n-th summary that a turn makes before its team begins. */
export function summaryPath(n: number): string {
  return `s${n}`;
}

/** True for the step that makes a summary of the session: it is no answer. */
export function isSummaryStep(step: string): boolean {
  return /^t\d+\.s\d+$/.test(step);
}

/** True for the step of a tool call; other steps are model calls. */
export function isToolStep(step: string): boolean {
  return /\.c\d+$/.test(step);
}

/**
 * Event ids name the fact, not its occurrence, so that an append that is sent twice is recognised. One fact, one id: a step has one
 * `end` whether it completed, failed or was cancelled, which makes "exactly one terminal event" a property of the log.
 */
export const eventId = {
  sessionCreated: (): string => 'session:created',
  sessionMembers: (revision: number): string => `session:members:${revision}`,
  /** By where it was forked: a fork of a fork has two. */
  sessionForked: (session: string, seq: number): string => `session:forked:${session}:${seq}`,
  sessionClosed: (): string => 'session:closed',
  /** Of a session that has been closed before, or whose parent may have been. `at`: ms since the Unix epoch. */
  sessionClosedAgain: (at: number): string => `session:closed:${at}`,
  /** By the run of the workflow that has ended; a session that was closed is reopened once for each close. */
  sessionInterrupted: (run: string): string => `session:interrupted:${run}`,
  sessionReopened: (run: string): string => `session:reopened:${run}`,
  /** Fills a position whose event was lost with the log and will be appended again later. */
  gap: (seq: number): string => `gap:${seq}`,
  message: (messageId: string): string => `message:${messageId}`,
  /** Differs from `message`: a message that was rejected because the inbox was full may be sent again and accepted. */
  messageRejected: (messageId: string): string => `message:${messageId}:rejected`,
  messageScheduled: (messageId: string): string => `message:${messageId}:scheduled`,
  messageUnscheduled: (messageId: string): string => `message:${messageId}:unscheduled`,
  personAsked: (question: string): string => `person:${question}:asked`,
  personUnanswered: (question: string): string => `person:${question}:unanswered`,
  /** With the hash of what was asked for first: a turn may ask for something else in the same place. */
  approvalRequested: (approval: string, key: string): string =>
    `approval:${approval}:${key.slice(0, 12)}:requested`,
  approvalVoted: (approval: string, key: string, votes: number): string =>
    `approval:${approval}:${key.slice(0, 12)}:vote:${votes}`,
  approvalDecided: (approval: string, key: string): string =>
    `approval:${approval}:${key.slice(0, 12)}:decided`,
  turnStarted: (turn: string): string => `turn:${turn}:start`,
  turnEnded: (turn: string): string => `turn:${turn}:end`,
  /** By when it began to wait, ms since the Unix epoch: a turn may wait again after it has slept. */
  quotaWaiting: (turn: string, since: number): string => `quota:${turn}:${since}:waiting`,
  quotaCleared: (turn: string, since: number): string => `quota:${turn}:${since}:cleared`,
  stepStarted: (step: string): string => `step:${step}:start`,
  stepRestarted: (step: string, attempt: number): string => `step:${step}:restart:${attempt}`,
  stepWaiting: (step: string, attempt: number): string => `step:${step}:wait:${attempt}`,
  stepEnded: (step: string): string => `step:${step}:end`,
} as const;
