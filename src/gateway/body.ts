/** Bodies: JSON in strict UTF-8, of a bounded size, uncompressed. */
import express from 'express';
import type { Request, RequestHandler } from 'express';
import { ConvokeError, LIMITS } from '../contracts/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Collects the bytes, whatever the media type says; `readJson` judges them. */
export const collectBody: RequestHandler = express.raw({
  type: () => true,
  limit: LIMITS.requestBytes,
  inflate: false,
});

function isJsonType(header: string | undefined): boolean {
  const [media = '', ...params] = (header ?? '').toLowerCase().split(';');
  const charsets = params.map((param) => param.trim()).filter((param) => param.startsWith('charset='));
  const isUtf8 = charsets.every((charset) => /^charset="?utf-8"?$/.test(charset));
  return media.trim() === 'application/json' && isUtf8;
}

/** The body as JSON; `{}` if there is none. Throws `unsupported_media_type`, `malformed_json`. */
export function readJson(req: Request): unknown {
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  if (!isJsonType(req.get('content-type'))) {
    throw new ConvokeError('unsupported_media_type', 'Send "Content-Type: application/json", in UTF-8.');
  }
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new ConvokeError('malformed_json', 'Send one JSON document in UTF-8.', { cause });
  }
}
