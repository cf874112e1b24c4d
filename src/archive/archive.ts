/**
 * The port of the archive: where events live once the workflow has let go of them. Written by an activity before the workflow continues as
 * new and when it closes.
 *
 * Invariants that every archive keeps (proved by test/conformance/archive.suite.ts)
 * 1. Writing is idempotent by (tenant, session, seq): the first event written at a seq stays.
 * 2. A write is atomic: all events of one call or none.
 * 3. Reading returns ascending seq, never another tenant's or session's events.
 */
import type { LoggedEvent, SessionInfo, SessionRef } from '../contracts/index.ts';

/** What the archive knows of a session. */
export interface ArchivedSession {
  readonly info: SessionInfo;
  /** Highest seq written; 0: none. */
  readonly lastSeq: number;
}

export interface Archive {
  /** Stores events (ascending seq) and, on the first write, the session's info. */
  write(ref: SessionRef, info: SessionInfo, events: readonly LoggedEvent[]): Promise<void>;
  /** Events with `after < seq`, oldest first, at most `limit`. */
  read(ref: SessionRef, after: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** Events with `seq <= upTo`, the newest `limit` of them, oldest first. */
  readTail(ref: SessionRef, upTo: number, limit: number): Promise<readonly LoggedEvent[]>;
  session(ref: SessionRef): Promise<ArchivedSession | null>;
  close(): Promise<void>;
}
