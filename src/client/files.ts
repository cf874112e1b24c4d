/**
 * The files of a session, over HTTP: `filesOf(session)`. An entry of its own (`@convoke/client/files`), so that a page without files does not
 * load it.
 */
import { ConvokeError } from '../contracts/public.ts';
import type { FilePart } from '../contracts/public.ts';
import type { Gateway } from './host.ts';
import { ClientError, isProblem, problemError } from './errors.ts';
import { pause, randomId, retryDelay } from './timing.ts';

export interface UploadOptions {
  /** Its name, as shown to others; default: that of a `File`, else `file`. */
  readonly name?: string;
  /** Default: that of a `Blob`, else `application/octet-stream`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface DownloadOptions {
  /** Bytes from the first up to the second one, both included; default: all. */
  readonly range?: readonly [from: number, to: number];
  readonly signal?: AbortSignal;
}

/** Of `fetch`, what a content may be; a stream is sent as it comes, and can be sent once only. */
export type UploadContent = Blob | BufferSource | string | ReadableStream<Uint8Array>;

export interface SessionFiles {
  /**
   * Stores a file and returns the part of a message that refers to it: `send({ parts: [await filesOf(session).upload(file)] })`. What is not sent
   * within a day is deleted. Repeats what may succeed then, unless the content is a stream. Throws `too_large`, `quota_exceeded`,
   * `files_not_set_up`, `offline`.
   */
  upload(content: UploadContent, options?: UploadOptions): Promise<FilePart>;
  /** Reads a file: `(await filesOf(session).download(part)).blob()`, or `.body` as a stream. Throws `file_not_found`, `offline`. */
  download(file: string | Pick<FilePart, 'file'>, options?: DownloadOptions): Promise<Response>;
}

interface Asking extends RequestInit {
  readonly headers: Readonly<Record<string, string>>;
}

/** Times that an upload or a download is asked for again. */
const RETRIES = 3;

/** What it takes of a `Session`. */
export interface Filed {
  readonly id: string;
  readonly gateway: Gateway;
}

export function filesOf({ id, gateway }: Filed): SessionFiles {
  async function once(path: string, init: Asking): Promise<Response> {
    const headers = { ...init.headers, Authorization: `Bearer ${await gateway.token()}` };
    const base = gateway.url().replace(/^ws/, 'http').replace(/\/$/, '');
    const response = await fetch(`${base}/v1/sessions/${id}/files${path}`, { ...init, headers }).catch(() => {
      init.signal?.throwIfAborted();
      throw new ClientError('offline');
    });
    if (response.ok) return response;
    const problem: unknown = await response.json().catch(() => null);
    throw isProblem(problem) ? problemError(problem) : new ConvokeError('internal');
  }

  async function ask(path: string, init: Asking, tried = 0): Promise<Response> {
    try {
      return await once(path, init);
    } catch (error) {
      const isOver =
        tried === RETRIES || init.signal?.aborted === true || init.body instanceof ReadableStream;
      const delay = isOver ? null : retryDelay(error, tried);
      if (delay === null) throw error;
      await pause(delay);
      return ask(path, init, tried + 1);
    }
  }

  return {
    async upload(content, { name = (content as Partial<File>).name, contentType: type, signal = null } = {}) {
      const response = await ask(name ? `?name=${encodeURIComponent(name)}` : '', {
        ...{ method: 'POST', body: content as BodyInit, signal },
        // A stream takes it, and nothing else minds.
        ...({ duplex: 'half' } as object),
        headers: { 'Idempotency-Key': randomId(), ...(type && { 'Content-Type': type }) },
      });
      return { type: 'file', ...((await response.json()) as Omit<FilePart, 'type'>) };
    },
    download: (file, { range, signal = null } = {}) =>
      ask(`/${typeof file === 'string' ? file : file.file}`, {
        headers: { ...(range && { Range: `bytes=${range.join('-')}` }) },
        signal,
      }),
  };
}
