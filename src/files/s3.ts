/** Contents in a bucket of an S3 server, over its REST API; aws4fetch signs. Addressed by path, as all servers understand it. */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
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
  /** Of the body, in hexadecimal; absent: not known yet. */
  readonly sha256?: string;
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
  readonly #server: { readonly request: typeof http.request; readonly agent: http.Agent };
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
    const { request, Agent } = server.startsWith('https:') ? https : http;
    this.#server = { request, agent: new Agent({ keepAlive: true }) };
  }

  async put(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const parts = partsOf(content);
    try {
      await this.#putParts(key, parts);
    } finally {
      // After a failure the content must be closed, too.
      await parts.return();
    }
  }

  async #putParts(key: string, parts: AsyncGenerator<Part, void, undefined>): Promise<void> {
    const first: Part = (await parts.next()).value ?? { body: EMPTY };
    if (first.body.length < LIMITS.s3PartBytes) {
      await this.#done({ method: 'PUT', key, ...first });
      return;
    }
    const upload = valueOf(await this.#done({ method: 'POST', key, query: { uploads: '' } }), 'UploadId');
    const tags: string[] = [];
    for (let part: Part | undefined = first; part; part = (await parts.next()).value ?? undefined) {
      const query = { partNumber: String(tags.length + 1), uploadId: upload };
      tags.push(await this.#ask({ method: 'PUT', key, query, ...part }, tagOf));
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
    return this.#ask({ method: 'GET', key, range }, async (answer) => answer);
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
    return this.#ask(call, read);
  }

  /** Asks again what may succeed then. `take`: what is read before the time is over. */
  async #ask<T>(call: Call, take: (answer: IncomingMessage) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#once(call, take, tried === LIMITS.s3Tries);
      } catch (error) {
        if (tried === LIMITS.s3Tries || (error instanceof Refusal && !error.retryable)) throw error;
        await pause(AGAIN_MS * 2 ** (tried - 1));
      }
    }
  }

  async #once<T>(
    { method, key, query = {}, body, sha256, range }: Call,
    take: (answer: IncomingMessage) => Promise<T>,
    last: boolean,
  ): Promise<T> {
    const url = new URL(key === '' ? this.#base : `${this.#base}/${this.#prefix}${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = {
      'X-Amz-Content-Sha256':
        sha256 ??
        createHash('sha256')
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
    const answer = await this.#send(signed.url, {
      method,
      headers: Object.fromEntries(signed.headers),
      body,
      refusable: last,
    });
    const { statusCode = 0 } = answer;
    if (statusCode >= 300) throw new Refusal(statusCode, await read(answer));
    return take(answer);
  }

  /** Not with `fetch`: where a reader pauses as the server ends the connection, it ends the process (undici of Node 24). */
  #send(url: URL, { body = EMPTY, refusable, ...given }: Sending): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { agent } = this.#server;
    const headers = { ...given.headers, 'Content-Length': body.length };
    const asked = this.#server.request(url, { ...given, headers, agent });
    const late = (): unknown => asked.destroy(new Error('S3 did not answer in time'));
    const timer = setTimeout(late, LIMITS.s3AnswerMs);
    let rest: NodeJS.Timeout | undefined;
    const settled = (): void => [timer, rest].forEach(clearTimeout);
    asked.once('close', settled);
    asked.once('error', reject);
    asked.once('response', (answer) => {
      settled();
      if (!asked.writableEnded) answer.once('end', () => asked.destroy());
      resolve(answer);
    });
    const ahead = refusable ? LIMITS.s3RefusalBytes : body.length;
    if (body.length > ahead) {
      asked.write(body.subarray(0, ahead));
      rest = setTimeout(() => asked.end(body.subarray(ahead)), LIMITS.s3RefusalMs);
    } else asked.end(body);
    return promise;
  }
}

interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
  /**
   * Gives the server time to refuse before it is sent all of the body. A server that refuses while it is sent one may reset the connection, and
   * its answer is lost (RFC 9112, section 9.6). Not by `Expect: 100-continue`: some say `100 Continue`, wait for the first bytes, and refuse then.
   */
  readonly refusable: boolean;
}

/** All of an answer that is short. */
async function read(answer: IncomingMessage): Promise<string> {
  const late = (): unknown => answer.destroy(new Error('S3 did not answer in time'));
  const timer = setTimeout(late, LIMITS.s3AnswerMs);
  try {
    return await text(answer);
  } finally {
    clearTimeout(timer);
  }
}

async function tagOf(answer: IncomingMessage): Promise<string> {
  await read(answer);
  return answer.headers.etag ?? '';
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

type Part = Required<Pick<Call, 'body'>> & Pick<Call, 'sha256'>;

/** The content in parts of the same size, the last one smaller. Hashed as it comes: a whole part at once would hold everybody up. */
async function* partsOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Part, void, undefined> {
  let [chunks, bytes, hash]: [Uint8Array[], number, Hash] = [[], 0, createHash('sha256')];
  for await (const chunk of content) {
    for (let from = 0; from < chunk.length;) {
      const piece = chunk.subarray(from, from + LIMITS.s3PartBytes - bytes);
      chunks.push(piece);
      hash.update(piece);
      bytes += piece.length;
      from += piece.length;
      if (bytes < LIMITS.s3PartBytes) continue;
      yield { body: Buffer.concat(chunks), sha256: hash.digest('hex') };
      [chunks, bytes, hash] = [[], 0, createHash('sha256')];
    }
  }
  if (bytes > 0) yield { body: Buffer.concat(chunks), sha256: hash.digest('hex') };
}
