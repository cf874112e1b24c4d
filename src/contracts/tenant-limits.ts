/** What a tenant may do in all, whichever gateways and workers it uses (a quota). */

/** Absent: no such limit. */
export interface TenantLimits {
  readonly messagesPerMinute?: number;
  /** Messages at once; default: what comes in ten seconds, and at least one. */
  readonly messagesBurst?: number;
  /** UTF-8 bytes of the JSON of the messages' parts. */
  readonly messageBytesPerMinute?: number;
  /** In each session, and of each sender (`from`). */
  readonly sessionMessagesPerMinute?: number;
  readonly subjectMessagesPerMinute?: number;
  /** Requests that start or change something in Temporal and are no messages: open, fork, close, cancel, schedules, … */
  readonly operationsPerMinute?: number;
  /** Those of each subject of session tokens; default: a quarter of `operationsPerMinute`. */
  readonly subjectOperationsPerMinute?: number;
  /** Messages that wait in each session; below the bound that every session has. */
  readonly waitingMessages?: number;
  /** Sessions with a workflow: those that are neither closed nor hibernated. */
  readonly openSessions?: number;
  /** Sockets and event streams. */
  readonly connections?: number;
  /** Turns that run at a time; further ones wait for a place. */
  readonly runningTurns?: number;
  /** Of input and output together, as the models count them, from midnight to midnight UTC. */
  readonly tokensPerDay?: number;
  /** In millionths of the currency of the prices in the configuration. */
  readonly costMicrosPerDay?: number;
  /** Of one file; default `LIMITS.fileBytes`. */
  readonly fileBytes?: number;
  /** Files in each session; default `LIMITS.sessionFiles`. */
  readonly sessionFiles?: number;
  /** Bytes of all files together. */
  readonly storedBytes?: number;
  /** The tenant's share where tasks of tenants wait for workers, and model calls for a free slot; default 1. */
  readonly weight?: number;
  /** Sessions that were closed for so many days are erased; absent: they are kept. */
  readonly retentionDays?: number;
}

/** Limits that something is counted against. */
export type LimitName = Exclude<keyof TenantLimits, 'messagesBurst' | 'weight' | 'retentionDays'>;

/** How a limit stands. */
export interface LimitUse {
  readonly limit: LimitName;
  /** The limit itself. */
  readonly most: number;
  /** Of a limit for a span of time, ms. */
  readonly windowMs?: number;
  readonly used: number;
  readonly left: number;
  /** Of a refusal: until the same request may succeed; otherwise: until nothing is used any more. Absent: nobody knows. */
  readonly backInMs?: number;
}

/** The answer of `GET /v1/usage`: limits of the tenant itself, not of its sessions and senders. */
export interface UsageReply {
  /** Of the caller’s key or token. */
  readonly tenant: string;
  readonly limits: readonly LimitUse[];
}
