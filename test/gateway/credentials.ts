/** What somebody may come with to whom a session is not open, and what comes of it; and ports that tell how they were called. */
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { Tokens } from '../../src/tenants/index.ts';
import type { Directory, TokenKey, TokenRequest } from '../../src/tenants/index.ts';

const secret = Buffer.alloc(32, 'k');
const pair = generateKeyPairSync('ed25519');
const KEYS: readonly TokenKey[] = [
  { id: 'k1', algorithm: 'HS256', signs: secret, verifies: secret },
  { id: 'ed', algorithm: 'EdDSA', signs: pair.privateKey, verifies: pair.publicKey },
];
export const TOKENS = new Tokens(KEYS);
/** Whose tokens are revoked. */
const REVOKED = 'eve';
/** A registry without keys, that knows of one revocation. */
export const DIRECTORY: Pick<Directory, 'holder' | 'refuses'> = {
  holder: () => undefined,
  refuses: ({ grant }) => grant?.subject === REVOKED,
};

export async function minted(request: Partial<TokenRequest>, tenant = 'dev'): Promise<string> {
  return (await TOKENS.mint(tenant, { subject: 'ana', sessions: ['*'], ...request })).token;
}

interface Signing {
  readonly key?: Uint8Array;
  readonly kid?: string;
  readonly audience?: string;
}

const CLAIMS = { tenant: 'dev', sessions: ['*'], scope: 'watch send approve cancel operate', roles: [] };

function signed({ key = secret, kid = 'k1', audience = 'convoke' }: Signing): Promise<string> {
  return new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid })
    .setIssuer('convoke')
    .setAudience(audience)
    .setSubject('ana')
    .setJti('1')
    .setExpirationTime('5m')
    .sign(key);
}

/** Nobody's; undefined: none at all. */
export async function nobodys(): Promise<readonly (readonly [string, string | undefined, string])[]> {
  const unsigned = new UnsecuredJWT(CLAIMS).setIssuer('convoke').setAudience('convoke').setSubject('ana');
  const { x = '' } = pair.publicKey.export({ format: 'jwk' });
  return [
    ['no token', undefined, 'unauthorized'],
    ['something else', 'guess', 'unauthorized'],
    ['alg: none', unsigned.setJti('1').setExpirationTime('5m').encode(), 'unauthorized'],
    ['a wrong key', await signed({ key: Buffer.alloc(32, 'z') }), 'unauthorized'],
    ['a wrong audience', await signed({ audience: 'other' }), 'unauthorized'],
    [
      'a public key as the secret',
      await signed({ key: Buffer.from(x, 'base64url'), kid: 'ed' }),
      'unauthorized',
    ],
    ['one that has expired', await minted({ ttlMs: -60_000 }), 'token_expired'],
    ['one of a revoked person', await minted({ subject: REVOKED }), 'unauthorized'],
  ];
}

/** A port whose calls are recorded: method and arguments. */
export function recorded<T extends object>(port: T, calls: unknown[][]): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls.push([name, ...args]);
        return Reflect.apply(value, target, args);
      };
    },
  });
}
