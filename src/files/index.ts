/** Files of sessions: messages and results of tools refer to them; their bytes are in a folder or in a bucket. */
export { createFiles } from './files.ts';
export type { Files, FoundFile, NewFile } from './files.ts';
export { contentTypeIn, isFileName } from './names.ts';
export { openStore, placeOf } from './open.ts';
export type { FilePlace, S3Credentials } from './open.ts';
export { sessionFiles } from './session-files.ts';
export type { SessionFiles } from './session-files.ts';
export type { FileStore, Range } from './store.ts';
