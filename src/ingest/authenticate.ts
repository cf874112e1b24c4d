/** Authentication: from a key, or a session token, to whoever acts. */
import { createHash } from 'node:crypto';
import { ConvokeError, isId } from '../contracts/index.ts';
import { looksLikeToken } from '../tenants/index.ts';
import type { Principal, Tokens } from '../tenants/index.ts';

export interface Authenticator {
  /** The principal of a key or a session token. Throws `unauthorized`, `token_expired`. */
  authenticate(token: unknown): Promise<Principal>;
}

export interface AuthenticatorConfig {
  /** API key → tenant. Only digests are kept. */
  readonly keys: ReadonlyMap<string, string>;
  /** True in dev mode: the key `dev` opens the tenant `dev`. */
  readonly devKey: boolean;
  /** Absent: no session tokens. */
  readonly tokens?: Pick<Tokens, 'verify'>;
}

/** Longer tokens are not hashed at all. */
const TOKEN_CHARS = 4_096;

// A digest, so that neither a memory dump nor the timing of the look-up reveals a key.
const digest = (key: string): string => createHash('sha256').update(key).digest('base64');

/** Throws an Error if a tenant is not an id or a key is empty: a configuration mistake. */
export function createAuthenticator(config: AuthenticatorConfig): Authenticator {
  const tenants = new Map<string, string>();
  for (const [key, tenant] of config.keys) {
    if (!isId(tenant))
      throw new Error('The tenant of an API key must be an id: 1 to 64 characters of A-Z a-z 0-9 _ -.');
    if (key === '' || key.length > TOKEN_CHARS)
      throw new Error(`An API key of tenant ${tenant} is empty or too long.`);
    tenants.set(digest(key), tenant);
  }
  if (config.devKey) tenants.set(digest('dev'), 'dev');
  return {
    authenticate(token) {
      const usable = typeof token === 'string' && token !== '' && token.length <= TOKEN_CHARS;
      const tenant = usable ? tenants.get(digest(token)) : undefined;
      if (tenant !== undefined) return Promise.resolve({ tenant });
      if (config.tokens && usable && looksLikeToken(token)) return config.tokens.verify(token);
      const detail = 'Send a valid key: "Authorization: Bearer KEY", or auth.token on a socket.';
      return Promise.reject(new ConvokeError('unauthorized', detail));
    },
  };
}

/** The token in an Authorization header, or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1];
}
