/**
 * The port of a place for contents: bytes by key, without names, owners or limits. A key is `tenant/session/file`; its parts are ids.
 *
 * Every method rejects with whatever the place says; `createFiles` makes `files_unavailable` of it.
 */
import type { Readable } from 'node:stream';

/** Bytes from `from` up to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface FileStore {
  /** Durable when it resolves. If it rejects, something of it may be there. Holds a bounded part of the content in memory. */
  put(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes; rejects if there is nothing under the key. Whoever does not read to the end destroys it. */
  get(key: string, range?: Range): Promise<Readable>;
  /** Removes it, and what is left of a `put` that did not end. Harmless if there is nothing. */
  remove(key: string): Promise<void>;
}
