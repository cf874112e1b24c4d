/** A backup of an archive, as it is read. Whatever is asked of a file that is none throws what SQLite says. */
import { DatabaseSync } from 'node:sqlite';
import type { LoggedEvent, SessionInfo, SessionRef, StoredSession } from '../contracts/index.ts';
import { decodeEvent, decodeInfo, decodeStored } from './row.ts';

export interface BackedUpSession {
  readonly ref: SessionRef;
  readonly info: SessionInfo;
  readonly lastSeq: number;
  /** Up to which event there were when its state was stored; null: it never was. */
  readonly storedSeq: number | null;
}

export class BackupFile {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.#db = new DatabaseSync(file, { readOnly: true });
  }

  amount(): { readonly sessions: number; readonly events: number } {
    const count = (table: string): number =>
      Number(this.#db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);
    return { sessions: count('convoke_session'), events: count('convoke_event') };
  }

  *sessions(): Iterable<BackedUpSession> {
    const rows = this.#db.prepare(`
      SELECT s.tenant, s.session, s.info, r.seq AS stored,
        (SELECT max(seq) FROM convoke_event e WHERE e.tenant = s.tenant AND e.session = s.session) AS last
      FROM convoke_session s LEFT JOIN convoke_state r ON r.tenant = s.tenant AND r.session = s.session
    `);
    for (const { tenant, session, info, stored, last } of rows.iterate()) {
      yield {
        ref: { tenant: String(tenant), session: String(session) },
        info: decodeInfo(String(info)),
        lastSeq: Number(last ?? 0),
        storedSeq: stored === null ? null : Number(stored),
      };
    }
  }

  /** Events with `after < seq <= upTo`, oldest first. */
  events({ tenant, session }: SessionRef, after: number, upTo: number): readonly LoggedEvent[] {
    return this.#db
      .prepare(
        'SELECT body FROM convoke_event WHERE tenant = ? AND session = ? AND seq > ? AND seq <= ? ORDER BY seq',
      )
      .all(tenant, session, after, upTo)
      .map(({ body }) => decodeEvent(String(body)));
  }

  /** What was stored of it, also if it has gone on since. */
  stored({ tenant, session }: SessionRef): StoredSession | null {
    const row = this.#db
      .prepare('SELECT info, body FROM convoke_state WHERE tenant = ? AND session = ?')
      .get(tenant, session);
    return row === undefined ? null : decodeStored(String(row['info']), String(row['body']));
  }

  close(): void {
    this.#db.close();
  }
}
