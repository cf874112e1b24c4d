/** The archive: a port and its adapters. */
export type { Archive } from './archive.ts';
export { backUpArchive, requireBackup, restoreArchive } from './backup.ts';
export { openArchive } from './open.ts';
export { createPostgresArchive } from './postgres.ts';
export { createSqliteArchive } from './sqlite.ts';
