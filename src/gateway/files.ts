/** Files over HTTP: what a body is, and how bytes of others are sent so that no browser runs them. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import parseRange from 'range-parser';
import { ConvokeError, isImage, LIMITS } from '../contracts/index.ts';
import type { FileInfo, SessionRef } from '../contracts/index.ts';
import { contentTypeIn } from '../files/index.ts';
import type { Files, FoundFile, Range } from '../files/index.ts';
import { invalidAt } from '../ingest/index.ts';
import type { Peer } from './edge/peer.ts';

export interface ServedFiles {
  readonly files: Files;
  /** Whether there is such a session, whatever its status. */
  readonly exists: (ref: SessionRef) => Promise<boolean>;
}

/** As the client declares it, in lower case but for its parameters. Throws `invalid_request`. */
export function contentTypeOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const { 'content-type': declared = 'application/octet-stream', 'content-encoding': encoding } = headers;
  const at = ['headers', 'Content-Type'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw invalidAt(['headers', 'Content-Encoding'], 'send the file uncompressed.');
  const type = contentTypeIn(declared);
  if (type === null)
    throw invalidAt(at, `it must be a media type, at most ${LIMITS.contentTypeChars} characters.`);
  if (type.startsWith('multipart/')) throw invalidAt(at, 'the body must be the file itself, not a form.');
  return type;
}

/** How many bytes come, if the client says it. */
export function lengthOf({ headers }: Pick<IncomingMessage, 'headers'>): number | undefined {
  const { 'content-length': length } = headers;
  return length === undefined ? undefined : Number(length);
}

/**
 * Cuts a client that moves a file too slowly. `moved`: bytes so far; `isAwaited`: whether it is the client who is waited for. Returns what ends
 * it.
 */
function pace(
  peer: Pick<Peer, 'cut'>,
  transfer: 'upload' | 'download',
  { moved, isAwaited }: { readonly moved: () => number; readonly isAwaited: () => boolean },
): () => void {
  let looked = moved();
  const look = (): void => {
    if (isAwaited() && moved() - looked < LIMITS.transferLeastBytes) peer.cut(`its ${transfer} is too slow`);
    looked = moved();
  };
  const timer = setInterval(look, LIMITS.transferLookMs).unref();
  const late = setTimeout(() => peer.cut(`its ${transfer} takes too long`), LIMITS.transferMs).unref();
  return () => {
    clearInterval(timer);
    clearTimeout(late);
  };
}

/**
 * The bytes of a body, as they come. Whoever sends them too slowly is cut; time in which nobody takes them does not count. Throws
 * `invalid_request` when the client has gone.
 */
export async function* bodyOf(
  req: IncomingMessage,
  peer: Pick<Peer, 'cut'>,
): AsyncGenerator<Buffer, void, undefined> {
  let [bytes, isTaken] = [0, true];
  const ended = pace(peer, 'upload', { moved: () => bytes, isAwaited: () => isTaken });
  try {
    // A refusal has to be told on the same connection.
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      isTaken = false;
      yield chunk;
      isTaken = true;
    }
  } catch (cause) {
    throw new ConvokeError('invalid_request', 'The body ended early; send it again.', { cause });
  } finally {
    ended();
  }
}

/** The file's name for a header (RFC 6266): ASCII for old clients, and all of it. */
function named(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Only images that browsers draw without running anything are shown where they are; all else is saved. */
function describe(res: Response, info: FileInfo): void {
  res.setHeader('Content-Type', info.contentType);
  res.setHeader('Content-Disposition', `${isImage(info) ? 'inline' : 'attachment'}; ${named(info.name)}`);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
  res.setHeader('ETag', etagOf(info));
  res.setHeader('Accept-Ranges', 'bytes');
  // It never changes; whether somebody may still read it is asked each time.
  res.setHeader('Cache-Control', 'private, no-cache');
}

const etagOf = ({ sha256 }: FileInfo): string => `"${sha256}"`;

function isFresh(req: Request, info: FileInfo): boolean {
  const tags = req.get('if-none-match')?.split(',') ?? [];
  return tags.some((tag) => ['*', etagOf(info), `W/${etagOf(info)}`].includes(tag.trim()));
}

/** The last bytes of a file, more than it has, are all of it (RFC 9110, 14.1.2). `range-parser` takes them for a mistake. */
function withinSize(range: string, size: number): string {
  return range.replaceAll(/(?<=[=,]\s*)-(\d+)/g, (_, last: string) => `-${Math.min(Number(last), size)}`);
}

/** The range that is asked for; null: all of it, also where several are asked for. Throws `range_not_satisfiable`. */
function rangeOf(req: Request, res: Response, info: FileInfo): Range | null {
  const { range, 'if-range': condition } = req.headers;
  if (range === undefined || (condition !== undefined && condition !== etagOf(info))) return null;
  const ranges = parseRange(info.bytes, withinSize(range, info.bytes));
  if (ranges === -1) {
    res.setHeader('Content-Range', `bytes */${info.bytes}`);
    throw new ConvokeError('range_not_satisfiable', `It has ${info.bytes} bytes.`);
  }
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return null;
  const [only] = ranges;
  return only ? { from: only.start, to: only.end } : null;
}

/** Answers with a file. Whoever takes it too slowly is cut. Throws `range_not_satisfiable`, `files_unavailable`. */
export async function sendFile(
  req: Request,
  res: Response,
  { info, read }: FoundFile,
  peer: Pick<Peer, 'cut' | 'sentBytes' | 'waitingBytes'>,
): Promise<void> {
  // What the client has needs no range (RFC 9110, 13.2.2).
  if (isFresh(req, info)) {
    describe(res, info);
    res.status(304).end();
    return;
  }
  const range = rangeOf(req, res, info);
  describe(res, info);
  if (range) {
    res.status(206);
    res.setHeader('Content-Range', `bytes ${range.from}-${range.to}/${info.bytes}`);
  }
  res.setHeader('Content-Length', range ? range.to - range.from + 1 : info.bytes);
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const body = await read(range ?? undefined);
  const ended = pace(peer, 'download', {
    moved: () => peer.sentBytes,
    isAwaited: () => peer.waitingBytes > 0,
  });
  try {
    await pipeline(body, res);
  } catch (cause) {
    // Whoever asked for it has gone.
    const { code } = cause as NodeJS.ErrnoException; // safety: of Node
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE')
      throw new ConvokeError('files_unavailable', undefined, { cause });
  } finally {
    ended();
  }
}
