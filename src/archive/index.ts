/** The archive: a port and its adapters. */
export type { Archive, SharedArchive } from './archive.ts';
export type { Database, Row, Statement, Tables, Value } from './database.ts';
export { sealArchive } from './sealed.ts';
export { ERASED_TABLES } from './erased-table.ts';
export { backUpArchive, requireBackup, restoreArchive, restoreOthers } from './backup.ts';
export { databaseOf, openArchive } from './open.ts';
export { createPostgresArchive } from './postgres.ts';
export { createSqliteArchive } from './sqlite.ts';
export { withTables } from './with-tables.ts';
