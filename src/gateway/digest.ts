/** The digest that a client sends with a file: the headers `Content-Digest` and `Repr-Digest` of RFC 9530, which are the same for a body as it is. */
import type { IncomingMessage } from 'node:http';
import { ConvokeError } from '../contracts/index.ts';

const HEADERS = ['Content-Digest', 'Repr-Digest'] as const;

/** A member of the dictionary (RFC 8941): a key, bytes in base64, parameters; then a comma, or the end. */
const MEMBER =
  /([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?: *; *[a-z*][a-z0-9_.*-]*(?:="[^"]*"|=[^\s",;]+)?)*[ \t]*(,[ \t]*(?=[^ \t])|$)/y;

const SHA256_BYTES = 32;

function malformed(header: string, mend: string): ConvokeError {
  return new ConvokeError('invalid_digest', `Correct the header ${header}, or leave it out: ${mend}`);
}

/** That of SHA-256, in hexadecimal; undefined: there is none. Of a key that is there twice the last one counts. */
function sha256In(header: string, value: string): string | undefined {
  let found: string | undefined;
  for (MEMBER.lastIndex = 0; MEMBER.lastIndex < value.length;) {
    const member = MEMBER.exec(value);
    if (!member) throw malformed(header, 'it is like sha-256=:BASE64:.');
    const [, algorithm, base64 = ''] = member;
    if (algorithm !== 'sha-256') continue;
    const digest = Buffer.from(base64, 'base64');
    if (digest.length !== SHA256_BYTES)
      throw malformed(header, 'sha-256 has 32 bytes, 44 characters of base64.');
    found = digest.toString('hex');
  }
  return found;
}

/**
 * SHA-256 of the body as its headers tell it, in hexadecimal; undefined: they do not. Other algorithms are not looked at. Throws `invalid_digest`
 * if a header is malformed, or if the two differ.
 */
export function digestOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const told = HEADERS.flatMap((name) => sha256In(name, String(headers[name.toLowerCase()] ?? '')) ?? []);
  const [first] = told;
  if (told.some((each) => each !== first))
    throw new ConvokeError('invalid_digest', 'Content-Digest and Repr-Digest differ: send one of them.');
  return first;
}
