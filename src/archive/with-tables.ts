/** Tables of one's own in a database that may be away when a process starts. */
import type { Database, Tables } from './database.ts';

/** The database, whose tables are created before the first call that succeeds. */
export function withTables(database: Database, tables: Tables): Database {
  let created: Promise<void> | undefined;
  const ready = (): Promise<void> => {
    created ??= database.create(tables).catch((error: unknown) => {
      created = undefined;
      throw error;
    });
    return created;
  };
  return {
    create: (others) => database.create(others),
    read: async (statement) => {
      await ready();
      return database.read(statement);
    },
    write: async (statements) => {
      await ready();
      return database.write(statements);
    },
  };
}
