/** Tokens of an issuer of the customer's own (OpenID Connect providers, mostly): its claims name who acts, and a mapping says what they may do. */
import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { isId, isOneLine, LIMITS } from '../contracts/index.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { isScope, isSessionPattern, ROLES } from './principal.ts';
import type { Principal, Role, Scope } from './principal.ts';
import { refusalOf, textsOf, TOLERANCE_S } from './token-error.ts';

/** Algorithms whose keys may be public; with a secret, whoever reads the set could sign. */
const ALGORITHMS = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];

/** The claims that are read: OpenID Connect's and RFC 9068's, and what an own mint would write. */
const CLAIMS = {
  subject: 'sub',
  name: 'name',
  sessions: 'sessions',
  scope: 'scope',
  role: 'role',
  roles: 'roles',
};

export interface IssuerSettings {
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** `aud`: what the issuer calls this deployment; one or several. */
  readonly audience: string | readonly string[];
  readonly jwksUrl: string;
  /** The one that it speaks for; or the claim that says which, and what its values stand for: no others are let in. */
  readonly tenant: string | { readonly claim: string; readonly values: Readonly<Record<string, string>> };
  /** Where a claim has another name. */
  readonly claims?: Partial<typeof CLAIMS>;
  /** For tokens without the claim. */
  readonly sessions?: readonly string[];
  /** For tokens with neither a role nor a scope that is known here. */
  readonly role?: Role;
}

export class Issuer {
  readonly #settings: IssuerSettings;
  readonly #claims: typeof CLAIMS;
  readonly #keys: IssuerKeys;

  constructor(settings: IssuerSettings, onTrouble: (error: unknown) => void) {
    this.#settings = settings;
    this.#claims = { ...CLAIMS, ...settings.claims };
    this.#keys = new IssuerKeys({ url: settings.jwksUrl, onTrouble });
  }

  /** `iss` of its tokens. */
  get name(): string {
    return this.#settings.issuer;
  }

  /** Throws `token_expired`, `unauthorized`, `issuer_unavailable`. */
  async verify(token: string): Promise<Principal> {
    const { issuer, audience } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, (header, jws) => this.#keys.find(header, jws), {
        ...{ algorithms: ALGORITHMS, issuer, clockTolerance: TOLERANCE_S },
        audience: [audience].flat(),
        requiredClaims: ['exp', this.#claims.subject],
      });
      return this.#principalOf(payload, token);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Throws an Error if it is nobody that may come in. */
  #principalOf(payload: JWTPayload, token: string): Principal {
    const { subject: of, name: named, sessions: listed, roles } = this.#claims;
    const [tenant, subject, name] = [this.#tenantOf(payload), payload[of], payload[named]];
    const patterns =
      payload[listed] === undefined ? (this.#settings.sessions ?? []) : textsOf(payload[listed]);
    if (tenant === undefined || !isId(tenant)) throw new Error('The issuer does not speak for this tenant');
    if (!isName(subject) || !patterns.every(isSessionPattern))
      throw new Error('A claim is not what it should be');
    const { exp = 0, iat = 0, jti } = payload;
    const grant = {
      subject,
      sessions: patterns.slice(0, LIMITS.tokenSessions),
      scopes: this.#scopesOf(payload),
      roles: textsOf(payload[roles]).slice(0, LIMITS.rolesPerPerson),
      id: jti ?? createHash('sha256').update(token).digest('base64url'),
      // One that does not say counts as old: whatever is revoked includes it.
      issuedAt: iat * 1_000,
      // It is looked at again after a day, whatever it says.
      expiresAt: Math.min(exp * 1_000, Date.now() + LIMITS.tokenMostMs),
    };
    return { tenant, grant: isName(name) ? { ...grant, name } : grant };
  }

  #tenantOf(payload: JWTPayload): string | undefined {
    const { tenant } = this.#settings;
    if (typeof tenant === 'string') return tenant;
    const value = payload[tenant.claim];
    return typeof value === 'string' && Object.hasOwn(tenant.values, value)
      ? tenant.values[value]
      : undefined;
  }

  #scopesOf(payload: JWTPayload): readonly Scope[] {
    const { role, scope } = this.#claims;
    const [named, written] = [payload[role], payload[scope]];
    if (isRole(named)) return ROLES[named];
    const scopes = typeof written === 'string' ? written.split(' ').filter(isScope) : [];
    const { role: other } = this.#settings;
    return scopes.length === 0 && other ? ROLES[other] : scopes;
  }
}

function isRole(claim: unknown): claim is Role {
  return typeof claim === 'string' && Object.hasOwn(ROLES, claim);
}

/** As a mint would take it. */
function isName(claim: unknown): claim is string {
  if (typeof claim !== 'string' || claim.trim() === '' || claim.length > LIMITS.nameChars) return false;
  return claim.isWellFormed() && isOneLine(claim);
}
