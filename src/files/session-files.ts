/** The files of one session, as code of a customer's own sees them: its tools and its agents. */
import type { Readable } from 'node:stream';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import type { FileInfo, FilePart, SessionRef } from '../contracts/index.ts';
import { contentTypeIn, isFileName } from './names.ts';
import type { Files, NewFile } from './files.ts';

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface SessionFiles {
  /** The bytes of a file of the session, as a stream; to be read to the end, or destroyed. Throws `file_not_found`, `files_unavailable`. */
  read(file: string | Pick<FileInfo, 'file'>): Promise<Readable>;
  /**
   * Stores a file in the session. Return what it returns, or a part of a result that has it, or the file is deleted after a day. Throws
   * `invalid_request`, `too_large`, `quota_exceeded`, `files_unavailable`; once the session is erased `session_not_found`, `file_not_found`.
   */
  write(file: Pick<NewFile, 'name' | 'contentType'>, content: FileContent): Promise<FilePart>;
}

export interface WatchedFiles extends SessionFiles {
  /** Keeps those of the files that were written which this text refers to. */
  readonly keep: (text: string) => Promise<void>;
}

async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** `files` undefined: the deployment has no place for files, and every call throws `files_not_set_up`. */
export function sessionFiles(files: Files | undefined, ref: SessionRef): WatchedFiles {
  const written: string[] = [];
  const place = (): Files => {
    if (files) return files;
    throw new ConvokeError('files_not_set_up', 'Set CONVOKE_FILES_URL for gateways and workers.');
  };
  return {
    async read(file) {
      const found = await place().find(ref, typeof file === 'string' ? file : file.file);
      return found.read();
    },
    async write({ name, contentType }, content) {
      const type = contentTypeIn(contentType);
      if (type === null || !isFileName(name))
        throw new ConvokeError('invalid_request', 'A file takes a name without slashes, and a media type.');
      const { info } = await place().store(ref, { name, contentType: type }, chunksOf(content));
      written.push(info.file);
      return { type: 'file', ...info };
    },
    async keep(text) {
      const named = written.filter((file) => text.includes(file)).slice(0, LIMITS.resultFiles);
      if (named.length > 0) await place().use(ref, named);
    },
  };
}
