/** Contents in a bucket of an S3 server, over its REST API; aws4fetch signs. Addressed by path, as all servers understand it. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { LIMITS } from '../contracts/index.ts';
import type { FilePlace, S3Credentials } from './open.ts';
import type { FileStore, Range } from './store.ts';

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Of an object; empty: the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly range?: Range | undefined;
}

/** Between two tries of a call, ms; doubles. */
const AGAIN_MS = 200;
const EMPTY = Buffer.alloc(0);

export function createS3Store(
  place: Extract<FilePlace, { kind: 's3' }>,
  credentials: S3Credentials,
): FileStore {
  return new S3Store(place, credentials);
}

class S3Store implements FileStore {
  readonly #base: string;
  readonly #prefix: string;
  readonly #region: string;
  readonly #credentials: S3Credentials;
  /** Keys of a day are derived once. */
  readonly #cache = new Map<string, ArrayBuffer>();

  constructor(
    { bucket, prefix, region, endpoint }: Extract<FilePlace, { kind: 's3' }>,
    credentials: S3Credentials,
  ) {
    this.#region = region ?? 'us-east-1';
    const server = (endpoint ?? `https://s3.${this.#region}.amazonaws.com`).replace(/\/+$/, '');
    this.#base = `${server}/${bucket}`;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#credentials = credentials;
  }

  async put(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const parts = partsOf(content);
    const first = (await parts.next()).value ?? EMPTY;
    if (first.length < LIMITS.s3PartBytes) {
      await this.#done({ method: 'PUT', key, body: first });
      return;
    }
    const upload = valueOf(await this.#done({ method: 'POST', key, query: { uploads: '' } }), 'UploadId');
    const tags: string[] = [];
    for (let part: Buffer | undefined = first; part; part = (await parts.next()).value ?? undefined) {
      const query = { partNumber: String(tags.length + 1), uploadId: upload };
      const { headers } = await this.#ask({ method: 'PUT', key, query, body: part }, drained);
      tags.push(headers.get('etag') ?? '');
    }
    const list = tags.map(
      (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
    const answer = await this.#done({ method: 'POST', key, query: { uploadId: upload }, body });
    // It has answered 200 before it knew.
    if (answer.includes('<Error>')) throw new Error(`S3: ${valueOf(answer, 'Code')}`);
  }

  async get(key: string, range?: Range): Promise<Readable> {
    const { body } = await this.#ask({ method: 'GET', key, range }, async (response) => response);
    return body ? Readable.fromWeb(body as never) : Readable.from([]); // safety: the stream of Node's own `fetch`
  }

  async remove(key: string): Promise<void> {
    await this.#done({ method: 'DELETE', key });
    // Parts of an upload that has not ended are no object.
    const answer = await this.#done({
      method: 'GET',
      key: '',
      query: { uploads: '', prefix: this.#prefix + key },
    });
    for (const [, uploadId = ''] of answer.matchAll(/<UploadId>([^<]+)<\/UploadId>/g))
      await this.#done({ method: 'DELETE', key, query: { uploadId } });
  }

  /** What the server says. */
  #done(call: Call): Promise<string> {
    return this.#ask(call, (response) => response.text());
  }

  /** Asks again what may succeed then. `take`: what is read before the time is over. */
  async #ask<T>(call: Call, take: (response: Response) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#once(call, take);
      } catch (error) {
        if (tried === LIMITS.s3Tries || (error instanceof Refusal && !error.retryable)) throw error;
        await pause(AGAIN_MS * 2 ** (tried - 1));
      }
    }
  }

  async #once<T>(
    { method, key, query = {}, body, range }: Call,
    take: (response: Response) => Promise<T>,
  ): Promise<T> {
    const url = new URL(key === '' ? this.#base : `${this.#base}/${this.#prefix}${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = {
      'X-Amz-Content-Sha256': createHash('sha256')
        .update(body ?? EMPTY)
        .digest('hex'),
      ...(range && { range: `bytes=${range.from}-${range.to}` }),
    };
    const { accessKeyId, secretAccessKey, sessionToken } = this.#credentials;
    const signer = new AwsV4Signer({
      ...{ method, url: url.href, headers, accessKeyId, secretAccessKey, cache: this.#cache },
      ...{ service: 's3', region: this.#region },
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
    const signed = await signer.sign();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('S3 did not answer in time')), LIMITS.s3AnswerMs);
    try {
      const response = await fetch(signed.url, {
        ...{ method, headers: signed.headers, signal: late.signal },
        ...(body && { body }),
      });
      if (!response.ok) throw new Refusal(response.status, await response.text());
      return await take(response);
    } finally {
      clearTimeout(timer);
    }
  }
}

class Refusal extends Error {
  readonly retryable: boolean;

  constructor(status: number, text: string) {
    super(`S3 answered ${status} ${valueOf(text, 'Code')}`);
    this.retryable = status >= 500 || status === 429;
  }
}

/** The content of an element that has no other in it; empty: there is none. */
function valueOf(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

async function drained(response: Response): Promise<Response> {
  await response.arrayBuffer();
  return response;
}

/** The content in parts of the same size, the last one smaller: also empty, if all before were whole. */
async function* partsOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    for (let from = 0; from < chunk.length;) {
      const piece = chunk.subarray(from, from + LIMITS.s3PartBytes - bytes);
      chunks.push(piece);
      bytes += piece.length;
      from += piece.length;
      if (bytes < LIMITS.s3PartBytes) continue;
      yield Buffer.concat(chunks);
      [chunks, bytes] = [[], 0];
    }
  }
  if (bytes > 0) yield Buffer.concat(chunks);
}
