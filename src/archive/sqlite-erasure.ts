/**
 * Erasing sessions from a SQLite file. Writers wait for each other, so whoever was writing has finished. The file is opened with `secure_delete`,
 * which overwrites what is deleted; the write-ahead log, which still holds it, is emptied.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { SessionRef } from '../contracts/index.ts';
import type { ErasedRows } from './archive.ts';
import { LAST } from './row.ts';

/** What `Erasing` does; each call is done when it returns. */
export interface SqliteErasure {
  erase(ref: SessionRef): ErasedRows;
  isErased(ref: SessionRef): boolean;
  sessionsOf(tenant: string, after: string, limit: number): readonly string[];
  closedBefore(tenant: string, at: number, limit: number): readonly string[];
}

export function erasureOn(db: DatabaseSync, transact: (work: () => ErasedRows) => ErasedRows): SqliteErasure {
  const mark = db.prepare('INSERT INTO convoke_erased VALUES (?, ?) ON CONFLICT DO NOTHING');
  const marked = db.prepare('SELECT 1 FROM convoke_erased WHERE tenant = ? AND session = ?');
  const ids = db.prepare(
    'SELECT session FROM convoke_session WHERE tenant = ? AND session > ? ORDER BY session LIMIT ?',
  );
  const closed = db.prepare(
    `SELECT session FROM convoke_state s
     WHERE tenant = ? AND status = 'closed' AND generation < ? AND seq = ${LAST}
     ORDER BY generation LIMIT ?`,
  );
  const [events, states, sessions] = ['convoke_event', 'convoke_state', 'convoke_session'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE tenant = ? AND session = ?`),
  );
  /** Not while somebody reads: then the second pass of the erasure does it, a minute later. */
  const emptyLog = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  const sessionIn = (row: Readonly<Record<string, unknown>>): string => String(row['session']);
  return {
    erase({ tenant, session }) {
      const erased = transact(() => {
        mark.run(tenant, session);
        sessions?.run(tenant, session);
        return {
          events: Number(events?.run(tenant, session).changes ?? 0),
          states: Number(states?.run(tenant, session).changes ?? 0),
        };
      });
      emptyLog.get();
      return erased;
    },
    isErased: ({ tenant, session }) => marked.get(tenant, session) !== undefined,
    sessionsOf: (tenant, after, limit) => ids.all(tenant, after, limit).map(sessionIn),
    closedBefore: (tenant, at, limit) => closed.all(tenant, at, limit).map(sessionIn),
  };
}
