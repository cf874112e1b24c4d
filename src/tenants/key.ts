/** API keys: `cvk_{id}_{secret}`. Only the digest is kept. */
import { createHash, randomBytes } from 'node:crypto';
import { SCOPES } from './principal.ts';

/** What a key of a tenant may do: what a session token may, and mint such tokens. */
export const KEY_SCOPES = [...SCOPES, 'mint'] as const;

const SECRET_BYTES = 32;

export interface MadeKey {
  readonly id: string;
  /** The key itself; it is shown once and kept nowhere. */
  readonly secret: string;
  readonly digest: string;
}

/** Ids sort by the time at which they were made. */
export function makeKey(now = Date.now()): MadeKey {
  const id = `${now.toString(36).padStart(9, '0')}${randomBytes(4).toString('hex')}`;
  const secret = `cvk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, secret, digest: digestOf(secret) };
}

/** SHA-256: keys are random, so nothing slower is needed. Neither a memory dump nor the timing of a look-up reveals a key. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
