/** Keys of session tokens, from the environment. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LIMITS, isId } from '../contracts/index.ts';
import type { TokenKey } from '../tenants/index.ts';
import type { Config } from './config.ts';

/**
 * Signs the session tokens of gateways in dev mode that were given no other key, for the tenant `dev` and no other: it is as public as the API
 * key `dev`. All such gateways share it, so a token of one counts at the others; outside dev mode nobody knows it.
 */
const DEV_SECRET = Buffer.from('convoke dev: everybody knows this secret');
const DEV_KEY: TokenKey = {
  id: 'dev',
  tenant: 'dev',
  algorithm: 'HS256',
  signs: DEV_SECRET,
  verifies: DEV_SECRET,
};

/** Those that were given, or the one of dev mode. */
export function tokenKeysIn({
  tokenKeys,
  devMode,
}: Pick<Config, 'tokenKeys' | 'devMode'>): readonly TokenKey[] {
  return devMode && tokenKeys.length === 0 ? [DEV_KEY] : tokenKeys;
}

type Mistake = (sentence: string) => Error;

const IN_FILE = 'file:';

/**
 * `id=key,id=key`: the first that can sign signs, all verify. A key is base64 of a secret (HS256: RFC 7518, 3.2) or of an Ed25519 key (PEM or
 * JWK; a public one only verifies), or `file:` and the path of such a PEM or JWK. Throws what `mistake` makes of a sentence.
 */
export function tokenKeysOf(items: readonly string[], mistake: Mistake): readonly TokenKey[] {
  const ids = new Set<string>();
  return items.map((item) => {
    const at = item.indexOf('=');
    const [id, written] = [item.slice(0, at), item.slice(at + 1)];
    // The text itself is not shown: it contains secrets.
    if (at < 1 || !isId(id)) throw mistake('give id=key, separated by commas.');
    if (ids.has(id)) throw mistake('an id stands there twice.');
    ids.add(id);
    if (written.startsWith(IN_FILE))
      return pairOf(id, contentOf(written.slice(IN_FILE.length), mistake), mistake);
    const bytes = Buffer.from(written, 'base64url');
    const text = bytes.toString('utf8');
    if (isPem(text) || jwkIn(text)) return pairOf(id, text, mistake);
    if (bytes.length < LIMITS.tokenSecretBytes)
      throw mistake(`a secret has at least ${LIMITS.tokenSecretBytes} bytes: openssl rand -hex 32.`);
    return { id, algorithm: 'HS256', signs: bytes, verifies: bytes };
  });
}

function contentOf(path: string, mistake: Mistake): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw mistake(`the file ${path} cannot be read.`);
  }
}

const isPem = (text: string): boolean => text.startsWith('-----BEGIN ');

function jwkIn(text: string): JsonWebKey | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    return JSON.parse(text) as JsonWebKey; // safety: Node looks at what is in it
  } catch {
    return null;
  }
}

function pairOf(id: string, text: string, mistake: Mistake): TokenKey {
  const key = keyIn(text.trim());
  if (key?.asymmetricKeyType !== 'ed25519')
    throw mistake(`the key ${id} is no Ed25519 key in PEM or as a JWK: openssl genpkey -algorithm ed25519.`);
  if (key.type === 'public') return { id, algorithm: 'EdDSA', verifies: key };
  return { id, algorithm: 'EdDSA', signs: key, verifies: createPublicKey(key) };
}

function keyIn(text: string): KeyObject | null {
  const jwk = jwkIn(text);
  try {
    if (jwk) {
      const key = { key: jwk, format: 'jwk' } as const;
      return jwk.d === undefined ? createPublicKey(key) : createPrivateKey(key);
    }
    return text.includes('PRIVATE KEY') ? createPrivateKey(text) : createPublicKey(text);
  } catch {
    return null;
  }
}
