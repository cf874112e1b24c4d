/** Authentication: from a key, or a session token, to whoever acts. */
import { ConvokeError, DEV_KEY, DEV_OPERATOR_KEY, isId } from '../contracts/index.ts';
import { digestOf, looksLikeToken, OPERATOR } from '../tenants/index.ts';
import type { Directory, Principal, Tokens } from '../tenants/index.ts';

export interface Authenticator {
  /** The principal of a key or a session token. Throws `unauthorized`, `token_expired`, `registry_unavailable`. */
  authenticate(token: unknown): Promise<Principal>;
}

export interface AuthenticatorConfig {
  /** API key → tenant. Only digests are kept. */
  readonly keys: ReadonlyMap<string, string>;
  /** True in dev mode: the key `dev` opens the tenant `dev`, the key `dev-operator` is an operator's. */
  readonly devKey: boolean;
  /** The environment's operator key. */
  readonly operatorKey?: string | undefined;
  /** Absent: no session tokens. */
  readonly tokens?: Pick<Tokens, 'verify'>;
  /** Keys of the registry, and who is refused by now. Absent: there is no registry. */
  readonly directory?: Pick<Directory, 'holder' | 'refuses'>;
}

/** Longer tokens are not hashed at all. */
const TOKEN_CHARS = 4_096;

/** Throws an Error if a tenant is not an id or a key is empty: a configuration mistake. */
export function createAuthenticator(config: AuthenticatorConfig): Authenticator {
  const tenants = new Map<string, string>();
  for (const [key, tenant] of config.keys) {
    if (!isId(tenant))
      throw new Error('The tenant of an API key must be an id: 1 to 64 characters of A-Z a-z 0-9 _ -.');
    if (key === '' || key.length > TOKEN_CHARS)
      throw new Error(`An API key of tenant ${tenant} is empty or too long.`);
    tenants.set(digestOf(key), tenant);
  }
  if (config.devKey) {
    tenants.set(digestOf(DEV_KEY), 'dev');
    tenants.set(digestOf(DEV_OPERATOR_KEY), OPERATOR);
  }
  if (config.operatorKey !== undefined) tenants.set(digestOf(config.operatorKey), OPERATOR);
  const { tokens, directory } = config;
  const principalOf = async (token: string): Promise<Principal | undefined> => {
    const digest = digestOf(token);
    const tenant = tenants.get(digest);
    if (tenant !== undefined) return { tenant };
    const holder = directory?.holder(digest);
    return holder ?? (tokens && looksLikeToken(token) ? tokens.verify(token) : undefined);
  };
  return {
    async authenticate(token) {
      const isUsable = typeof token === 'string' && token !== '' && token.length <= TOKEN_CHARS;
      const principal = isUsable ? await principalOf(token) : undefined;
      // The same answer as to an unknown key, whatever is the matter with this one.
      if (principal && directory?.refuses(principal) !== true) return principal;
      const detail = 'Send a valid key: "Authorization: Bearer KEY", or auth.token on a socket.';
      throw new ConvokeError('unauthorized', detail);
    },
  };
}

/** The token in an Authorization header, or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1];
}
