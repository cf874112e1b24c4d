/** The files of a session, over HTTP: they do not go through the connection. */
import { ConvokeError } from '../contracts/public.ts';
import type { FilePart } from '../contracts/public.ts';
import { ClientError, isProblem, problemError } from './errors.ts';
import { pause, randomId, retryDelay } from './timing.ts';
import type { TokenSource } from './token-source.ts';

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

export interface Gateway {
  /** The address of the one that is used now. */
  url(): string;
  readonly tokens: Pick<TokenSource, 'ask'>;
}

type Asking = Omit<RequestInit, 'headers'> & { readonly headers: Readonly<Record<string, string>> };

/** Tries of an upload or a download. */
const TRIES = 4;

export class SessionFiles {
  readonly #session: string;
  readonly #gateway: Gateway;

  constructor(session: string, gateway: Gateway) {
    this.#session = session;
    this.#gateway = gateway;
  }

  /**
   * Stores a file and returns the part of a message that refers to it: `send({ parts: [await session.files.upload(file)] })`. What is not sent
   * within a day is deleted. Repeats what may succeed then, unless the content is a stream. Throws `too_large`, `quota_exceeded`,
   * `files_not_set_up`, `offline`.
   */
  async upload(content: UploadContent, { name, contentType, signal }: UploadOptions = {}): Promise<FilePart> {
    const { name: own, type } = content as { readonly name?: unknown; readonly type?: unknown };
    const called = name ?? (typeof own === 'string' && own !== '' ? own : 'file');
    const declared =
      contentType ?? (typeof type === 'string' && type !== '' ? type : 'application/octet-stream');
    const isStream = content instanceof ReadableStream;
    const response = await this.#ask(`?name=${encodeURIComponent(called)}`, isStream ? 1 : TRIES, {
      ...{ method: 'POST', body: content as BodyInit },
      ...(isStream && ({ duplex: 'half' } as object)),
      headers: { 'Content-Type': declared, 'Idempotency-Key': randomId() },
      ...(signal && { signal }),
    });
    return { type: 'file', ...((await response.json()) as Omit<FilePart, 'type'>) };
  }

  /** Reads a file: `(await session.files.download(part)).blob()`, or `.body` as a stream. Throws `file_not_found`, `offline`. */
  download(
    file: string | Pick<FilePart, 'file'>,
    { range, signal }: DownloadOptions = {},
  ): Promise<Response> {
    const id = typeof file === 'string' ? file : file.file;
    return this.#ask(`/${id}`, TRIES, {
      headers: { ...(range && { Range: `bytes=${range[0]}-${range[1]}` }) },
      ...(signal && { signal }),
    });
  }

  async #ask(path: string, tries: number, init: Asking): Promise<Response> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#once(path, init);
      } catch (error) {
        const delay = tried < tries && init.signal?.aborted !== true ? retryDelay(error, tried - 1) : null;
        if (delay === null) throw error;
        await pause(delay);
      }
    }
  }

  async #once(path: string, init: Asking): Promise<Response> {
    const token = await this.#gateway.tokens.ask();
    const base = this.#gateway.url().replace(/^ws/, 'http').replace(/\/$/, '');
    const url = `${base}/v1/sessions/${this.#session}/files${path}`;
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    const response = await fetch(url, { ...init, headers }).catch((error: unknown) => {
      init.signal?.throwIfAborted();
      throw new ClientError('offline', `The gateway cannot be reached: ${String(error)}`);
    });
    if (response.ok) return response;
    const problem: unknown = await response.json().catch(() => null);
    throw isProblem(problem) ? problemError(problem) : new ConvokeError('internal');
  }
}
