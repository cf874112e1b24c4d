/**
 * Session tokens: short-lived JWTs (RFC 7519) that a tenant's server mints with its key, for a browser that is to hold nothing but its own
 * session. Signed with EdDSA (RFC 8037) or HS256; the first key signs, all of them verify, so keys rotate with an overlap.
 */
import { randomUUID } from 'node:crypto';
import { decodeJwt, errors, exportJWK, jwtVerify, SignJWT } from 'jose';
import type { CryptoKey, JSONWebKeySet, JWTPayload, KeyObject } from 'jose';
import { ConvokeError, isId, LIMITS } from '../contracts/index.ts';
import type { Issuer } from './issuer.ts';
import { isScope, isSessionPattern, ROLES } from './principal.ts';
import type { Principal, Role, Scope } from './principal.ts';
import { refusalOf, textsOf, TOLERANCE_S } from './token-error.ts';

export interface TokenKey {
  /** `kid` of the tokens that it has signed. */
  readonly id: string;
  readonly algorithm: 'HS256' | 'EdDSA';
  /** Absent: it only verifies. */
  readonly signs?: CryptoKey | KeyObject | Uint8Array;
  readonly verifies: CryptoKey | KeyObject | Uint8Array;
  /** It signs and verifies for this tenant only; absent: for any. */
  readonly tenant?: string;
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

/** `iss` of the tokens that are minted here. */
export const ISSUER = 'convoke';
const AUDIENCE = 'convoke';
const UNSIGNED =
  'No key signs session tokens of this tenant: set CONVOKE_TOKEN_KEYS, the same for every gateway ("convoke dev" signs for the tenant "dev" alone).';

export class Tokens {
  readonly #keys: ReadonlyMap<string, TokenKey>;
  readonly #issuers: ReadonlyMap<string, Pick<Issuer, 'verify'>>;
  /** Verified before: a signature costs 0.1 ms, and clients come back in crowds. */
  readonly #known = new Map<string, Principal>();

  /** The first of the keys that can sign signs. `issuers`: others whose tokens are taken, too. */
  constructor(keys: readonly TokenKey[], issuers: readonly Pick<Issuer, 'name' | 'verify'>[] = []) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.name, issuer]));
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Throws `tokens_not_set_up` if there is no key that signs for this tenant. */
  async mint(tenant: string, request: TokenRequest): Promise<MintedToken> {
    const key = [...this.#keys.values()].find((each) => each.signs !== undefined && isFor(each, tenant));
    if (key?.signs === undefined) throw new ConvokeError('tokens_not_set_up', UNSIGNED);
    const { subject, role = 'participant', ttlMs = LIMITS.tokenMs } = request;
    const { name, sessions, scopes = ROLES[role], roles = [] } = request;
    const now = Date.now();
    const expiresAt = now + ttlMs;
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
      // With its milliseconds: what is issued right after a revocation counts.
      .setIssuedAt(now / 1_000)
      .setExpirationTime(Math.floor(expiresAt / 1_000))
      .sign(key.signs);
    return { token, expiresAt };
  }

  /** The public keys, for whoever wants to verify tokens, too (RFC 7517). A secret is none. */
  async publicKeys(): Promise<JSONWebKeySet> {
    const pairs = [...this.#keys.values()].filter(({ algorithm }) => algorithm === 'EdDSA');
    const keys = pairs.map(async ({ id: kid, algorithm: alg, verifies }) => {
      const { kty, crv, x } = await exportJWK(verifies);
      return { kty, crv, x, kid, alg, use: 'sig' };
    });
    return { keys: await Promise.all(keys) } as JSONWebKeySet; // safety: of Ed25519, they have all three
  }

  /** Throws `token_expired`, which another token mends, `unauthorized` for whatever else is wrong with it, and `issuer_unavailable`. */
  async verify(token: string): Promise<Principal> {
    const known = this.#known.get(token);
    if (known?.grant && known.grant.expiresAt > Date.now()) return known;
    // Unverified: it only says who is to verify it. What others have signed is not remembered: they may take a key back.
    const issuer = this.#issuers.get(issuerOf(token));
    if (issuer) return issuer.verify(token);
    const principal = await this.#verified(token);
    this.#known.set(token, principal);
    const [oldest] = this.#known.keys();
    if (this.#known.size > LIMITS.tokensKnown && oldest !== undefined) this.#known.delete(oldest);
    return principal;
  }

  async #verified(token: string): Promise<Principal> {
    try {
      const { payload, protectedHeader } = await jwtVerify(
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
          requiredClaims: ['sub', 'jti', 'iat', 'exp', 'tenant', 'sessions', 'scope'],
        },
      );
      const principal = principalOf(payload);
      const key = this.#keys.get(protectedHeader.kid ?? '');
      if (!key || !isFor(key, principal.tenant)) throw new Error('The key is not one of this tenant');
      return principal;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

const isFor = ({ tenant }: TokenKey, asked: string): boolean => tenant === undefined || tenant === asked;

/** Throws an Error if a claim is not what a mint would have written. */
function principalOf({ sub, jti, iat, exp, tenant, sessions, scope, roles, name }: JWTPayload): Principal {
  const patterns = textsOf(sessions);
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(isScope) : [];
  const isWhole =
    typeof sub === 'string' &&
    isId(tenant) &&
    typeof jti === 'string' &&
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    patterns.every(isSessionPattern);
  if (!isWhole) throw new Error('A claim of the token is not what it should be');
  const grant = {
    subject: sub,
    sessions: patterns,
    scopes,
    roles: textsOf(roles),
    id: jti,
    issuedAt: Math.round(iat * 1_000),
    expiresAt: exp * 1_000,
  };
  return { tenant, grant: typeof name === 'string' ? { ...grant, name } : grant };
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return '';
  }
}

/** True for what looks like a JWT: three parts. A key of a tenant does not. */
export function looksLikeToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}
