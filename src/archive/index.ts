/** The archive: a port and its adapters. */
export type { Archive, ArchivedSession } from './archive.ts';
