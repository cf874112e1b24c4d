/** Files of sessions: messages and results of tools refer to them; their bytes are in a folder or in a bucket. */
export { createFiles } from './files.ts';
export type { Files, NewFile, StoredFile } from './files.ts';
export { openStore, placeOf } from './open.ts';
export type { FilePlace, S3Credentials } from './open.ts';
export type { FileStore, Range } from './store.ts';
