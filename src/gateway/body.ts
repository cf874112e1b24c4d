/** Request bodies: JSON in strict UTF-8, uncompressed, of bounded size. */
import type { IncomingMessage } from 'node:http';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import { sizeOfJson } from './json-size.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const tooLarge = (most: number): ConvokeError =>
  new ConvokeError('too_large', `Send at most ${most} bytes in one request.`);

/**
 * The bytes of a body. Gives up at the first byte beyond the limit: common parsers answer only after they have read everything, which for
 * an endless body is never. Throws `too_large`, `malformed_json` (the client disconnected).
 */
function collect(req: IncomingMessage, most: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most) {
      req.pause().removeAllListeners('data');
      reject(tooLarge(most));
    } else {
      chunks.push(chunk);
    }
  });
  req.once('end', () => resolve(Buffer.concat(chunks)));
  const leave = (): void =>
    reject(new ConvokeError('malformed_json', 'The body ended early; send it again.'));
  req.once('error', leave).once('close', leave);
  return promise;
}

function isJsonType(header: string | undefined): boolean {
  const [media = '', ...params] = (header ?? '').toLowerCase().split(';');
  const charsets = params.map((param) => param.trim()).filter((param) => param.startsWith('charset='));
  const isUtf8 = charsets.every((charset) => /^charset="?utf-8"?$/.test(charset));
  return media.trim() === 'application/json' && isUtf8;
}

/** Refuses what is too large before it is made objects of: parsing costs most of what such a request costs. */
function checkSize(body: Buffer): void {
  const { jsonValues, jsonDepth } = LIMITS;
  const { values, depth } = sizeOfJson(body, { values: jsonValues, depth: jsonDepth });
  if (depth > jsonDepth)
    throw new ConvokeError('too_deep', `Nest at most ${jsonDepth} levels of objects and arrays.`);
  if (values > jsonValues)
    throw new ConvokeError('too_large', `Send at most ${jsonValues} values in one request.`);
}

/** The body as JSON, of at most so many bytes; `{}` if there is none. Throws `too_large`, `too_deep`, `unsupported_media_type`, `malformed_json`. */
export async function readJson(req: IncomingMessage, most: number = LIMITS.requestBytes): Promise<unknown> {
  const { 'content-length': length, 'content-type': type, 'content-encoding': encoding } = req.headers;
  if (Number(length ?? 0) > most) throw tooLarge(most);
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ConvokeError('unsupported_media_type', 'Send the body uncompressed.');
  }
  const body = await collect(req, most);
  if (body.length === 0) return {};
  if (!isJsonType(type)) {
    throw new ConvokeError('unsupported_media_type', 'Send "Content-Type: application/json", in UTF-8.');
  }
  checkSize(body);
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new ConvokeError('malformed_json', 'Send one JSON document in UTF-8.', { cause });
  }
}
