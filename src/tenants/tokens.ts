/**
 * Session tokens: short-lived JWTs (RFC 7519) that a tenant's server mints with its key, for a browser that is to hold nothing but its own
 * session. Signed with EdDSA (RFC 8037) or HS256; the first key signs, all of them verify, so keys rotate with an overlap.
 */
import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { CryptoKey, JWTPayload, KeyObject } from 'jose';
import { ConvokeError, isId, LIMITS } from '../contracts/index.ts';
import { isSessionPattern, ROLES, SCOPES } from './principal.ts';
import type { Principal, Role, Scope } from './principal.ts';

export interface TokenKey {
  /** `kid` of the tokens that it has signed. */
  readonly id: string;
  readonly algorithm: 'HS256' | 'EdDSA';
  /** Absent: it only verifies. */
  readonly signs?: CryptoKey | KeyObject | Uint8Array;
  readonly verifies: CryptoKey | KeyObject | Uint8Array;
}

/** What is asked of a mint; everything is checked. */
export interface TokenRequest {
  readonly subject: string;
  readonly name?: string;
  /** A session id, or the beginning of one and `*`; one or several. */
  readonly sessions: readonly string[];
  readonly role?: Role;
  readonly scopes?: readonly Scope[];
  /** What its holder may approve. */
  readonly roles?: readonly string[];
  /** ms; default `LIMITS.tokenMs`. */
  readonly ttlMs?: number;
}

export interface MintedToken {
  readonly token: string;
  /** ms since the Unix epoch. */
  readonly expiresAt: number;
}

const ISSUER = 'convoke';
const AUDIENCE = 'convoke';
/** Clocks of gateways may be apart by so much, s. */
const TOLERANCE_S = 5;

export class Tokens {
  readonly #keys: ReadonlyMap<string, TokenKey>;
  readonly #signing: TokenKey | undefined;
  /** Verified before: a signature costs 0.1 ms, and clients come back in crowds. */
  readonly #known = new Map<string, Principal>();

  /** The first of the keys that can sign signs. */
  constructor(keys: readonly TokenKey[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#signing = keys.find(({ signs }) => signs !== undefined);
  }

  /** Throws `tokens_not_set_up` if there is no key that signs. */
  async mint(tenant: string, request: TokenRequest): Promise<MintedToken> {
    const key = this.#signing;
    if (key?.signs === undefined) throw new ConvokeError('tokens_not_set_up');
    const { subject, role = 'participant', ttlMs = LIMITS.tokenMs } = request;
    const { name, sessions, scopes = ROLES[role], roles = [] } = request;
    const expiresAt = Date.now() + ttlMs;
    const token = await new SignJWT({
      tenant,
      sessions,
      roles,
      scope: scopes.join(' '),
      ...(name === undefined ? {} : { name }),
    })
      .setProtectedHeader({ alg: key.algorithm, kid: key.id, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(Math.floor(expiresAt / 1_000))
      .sign(key.signs);
    return { token, expiresAt };
  }

  /** Throws `token_expired`, which another token mends, and `unauthorized` for whatever else is wrong with it. */
  async verify(token: string): Promise<Principal> {
    const known = this.#known.get(token);
    if (known?.grant && known.grant.expiresAt > Date.now()) return known;
    const principal = await this.#verified(token);
    this.#known.set(token, principal);
    const [oldest] = this.#known.keys();
    if (this.#known.size > LIMITS.tokensKnown && oldest !== undefined) this.#known.delete(oldest);
    return principal;
  }

  async #verified(token: string): Promise<Principal> {
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid, alg }) => {
          const key = this.#keys.get(kid ?? '');
          // A key is for its own algorithm: a public one is no secret (RFC 8725, 3.1).
          if (key?.algorithm !== alg) throw new errors.JOSEAlgNotAllowed();
          return key.verifies;
        },
        {
          ...{
            algorithms: ['HS256', 'EdDSA'],
            issuer: ISSUER,
            audience: AUDIENCE,
            clockTolerance: TOLERANCE_S,
          },
          requiredClaims: ['sub', 'jti', 'exp', 'tenant', 'sessions', 'scope'],
        },
      );
      return principalOf(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new ConvokeError('token_expired');
      throw new ConvokeError('unauthorized', 'The session token is not valid.', { cause: error });
    }
  }
}

/** Throws an Error if a claim is not what a mint would have written. */
function principalOf({ sub, jti, exp, tenant, sessions, scope, roles, name }: JWTPayload): Principal {
  const patterns = textsOf(sessions);
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(isScope) : [];
  const isWhole =
    typeof sub === 'string' &&
    isId(tenant) &&
    typeof jti === 'string' &&
    typeof exp === 'number' &&
    patterns.every(isSessionPattern);
  if (!isWhole) throw new Error('A claim of the token is not what it should be');
  const grant = {
    subject: sub,
    sessions: patterns,
    scopes,
    roles: textsOf(roles),
    id: jti,
    expiresAt: exp * 1_000,
  };
  return { tenant, grant: typeof name === 'string' ? { ...grant, name } : grant };
}

function textsOf(claim: unknown): readonly string[] {
  return Array.isArray(claim) ? claim.filter((each) => typeof each === 'string') : [];
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** True for what looks like a JWT: three parts. A key of a tenant does not. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}
