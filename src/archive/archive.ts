/**
 * The port of the archive: where events live once the workflow no longer holds them. An activity writes to it before the workflow continues
 * as new, and when it hibernates or closes.
 *
 * Invariants that every archive keeps (proved by test/conformance/archive.suite.ts)
 * 1. Writing is idempotent by (tenant, session, seq): the first event written at a seq stays, and so does the first info.
 * 2. A write is atomic: all events of one call or none.
 * 3. Reading returns ascending seq, never another tenant's or session's events.
 * 4. Of the states of a session the one with the highest generation stays. It counts only while the archive has its newest event: a session
 *    that has gone on since then is not to be put back.
 * 5. What was written is read back unchanged, whatever a JSON string may hold, also by another process and after a restart.
 * 6. Of a session that was erased nothing is there, and nothing is written any more: `write`, `copy` to it and `store` change nothing.
 *
 * A rejected call has changed nothing and may be repeated. An adapter rejects with what its database says; an archive that was opened with
 * `openArchive` rejects with `archive_unavailable`.
 */
import type {
  LoggedEvent,
  Position,
  SessionInfo,
  SessionRef,
  StoredSession,
  StoredState,
} from '../contracts/index.ts';
import type { Database } from './database.ts';

/** What the archive knows of a session. */
export interface ArchivedSession {
  readonly info: SessionInfo;
  /** Highest seq written; 0: none. */
  readonly lastSeq: number;
  /** What `stored` answers, in short; absent: null. */
  readonly stored?: { readonly status: StoredState['status']; readonly known: Position };
}

export const FOUND_MOST = 16;

export interface Archive {
  /** Stores events (ascending seq) and, on the first write, the session's info. */
  write(ref: SessionRef, info: SessionInfo, events: readonly LoggedEvent[]): Promise<void>;
  /** Stores the events of another session up to `upTo` as those of this one, and its info, as `write` does. */
  copy(from: SessionRef, to: SessionRef, info: SessionInfo, upTo: number): Promise<void>;
  /** Events with `after < seq`, oldest first, at most `limit`. */
  read(ref: SessionRef, after: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** Events with `seq <= upTo`, the newest `limit` of them, oldest first. */
  readTail(ref: SessionRef, upTo: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** Events with `seq <= upTo` whose JSON contains this text, the newest `FOUND_MOST` of them, newest first. Reads all of the session. */
  find(ref: SessionRef, text: string, upTo: number): Promise<readonly LoggedEvent[]>;
  /** Null if nothing was ever written for the session. */
  session(ref: SessionRef): Promise<ArchivedSession | null>;
  /** Stores what a session goes on with, unless what is there is as new. Its events have been written before. */
  store(ref: SessionRef, session: StoredSession): Promise<void>;
  /** Null if nothing is stored, or the session has gone on since. */
  stored(ref: SessionRef): Promise<StoredSession | null>;
  /** Closes the database; every later call is rejected. Closing twice is harmless. */
  close(): Promise<void>;
}

/** What an erasure has removed. */
export interface ErasedRows {
  readonly events: number;
  readonly states: number;
}

export interface Erasing {
  /** Removes all of a session, for good: see 6. Whoever was writing to it has finished before. May be repeated. */
  erase(ref: SessionRef): Promise<ErasedRows>;
  isErased(ref: SessionRef): Promise<boolean>;
  /** Ids of a tenant's sessions after this one, in their order. */
  sessionsOf(tenant: string, after: string, limit: number): Promise<readonly string[]>;
  /** Ids of sessions that were closed before this moment, ms since the Unix epoch, the first one first. */
  closedBefore(tenant: string, at: number, limit: number): Promise<readonly string[]>;
}

export interface SharedArchive extends Archive, Erasing {
  readonly database: Database;
}

/** One that can be asked whether it answers, and whose database others use too. */
export interface PingedArchive extends SharedArchive {
  /** Rejects if the database does not answer. */
  ping(): Promise<void>;
}
