/** Erasing sessions from PostgreSQL. */
import type { Pool } from 'pg';
import type { Erasing } from './archive.ts';
import type { Query } from './postgres.ts';
import { transact } from './postgres-database.ts';
import { LAST } from './row.ts';

/**
 * Waits until every statement that writes has ended, and holds up further ones for that long: those see the mark, which is committed before. Without
 * it a writer that began before the mark could commit after the rows were deleted.
 */
const WAIT_FOR_WRITERS =
  'LOCK TABLE convoke_session, convoke_event, convoke_state IN SHARE ROW EXCLUSIVE MODE';
const OF_SESSION = 'WHERE tenant = $1 AND session = $2';

/** `query` has the tables made that are missing. */
export function erasureOn(pool: Pool, query: Query): Erasing {
  const ids = async (sql: string, values: readonly unknown[]): Promise<string[]> =>
    (await query<{ session: string }>(sql, values)).map(({ session }) => session);
  return {
    async erase({ tenant, session }) {
      const values = [tenant, session];
      await query('INSERT INTO convoke_erased VALUES ($1, $2) ON CONFLICT DO NOTHING', values);
      await transact(pool, [{ sql: WAIT_FOR_WRITERS }]);
      const [, events = [], states = []] = await transact(pool, [
        { sql: `DELETE FROM convoke_session ${OF_SESSION}`, values },
        { sql: `DELETE FROM convoke_event ${OF_SESSION} RETURNING seq`, values },
        { sql: `DELETE FROM convoke_state ${OF_SESSION} RETURNING seq`, values },
      ]);
      return { events: events.length, states: states.length };
    },
    async isErased({ tenant, session }) {
      return (await query(`SELECT 1 FROM convoke_erased ${OF_SESSION}`, [tenant, session])).length > 0;
    },
    sessionsOf: (tenant, after, limit) =>
      ids(
        'SELECT session FROM convoke_session WHERE tenant = $1 AND session COLLATE "C" > $2 ORDER BY session COLLATE "C" LIMIT $3',
        [tenant, after, limit],
      ),
    closedBefore: (tenant, at, limit) =>
      ids(
        `SELECT session FROM convoke_state s
         WHERE tenant = $1 AND status = 'closed' AND generation < $2 AND seq = ${LAST}
         ORDER BY generation LIMIT $3`,
        [tenant, at, limit],
      ),
  };
}
