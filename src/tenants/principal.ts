/** Who acts, and what they may do. */
import { ConvokeError, INSIDER, isId } from '../contracts/index.ts';
import type { Reader } from '../contracts/index.ts';

/**
 * `watch`: read and follow a session, and be present in it. `send`: messages and what is published, as the token's subject. `approve`: vote.
 * `cancel`: turns, steps and what waits. `operate`: open, close, fork and reopen sessions, members, kicks, schedules, and lists.
 */
export const SCOPES = ['watch', 'send', 'approve', 'cancel', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];
/** `mint`: session tokens; only keys do. */
export type KeyScope = Scope | 'mint';

/** In the place of a tenant: operators belong to none. It is no id, so no tenant can have it. */
export const OPERATOR = '*';

/** What a role may do; a token names a role, or scopes of its own. */
export const ROLES: Readonly<Record<'observer' | 'participant' | 'operator', readonly Scope[]>> = {
  observer: ['watch'],
  participant: ['watch', 'send', 'approve', 'cancel'],
  operator: SCOPES,
};
export type Role = keyof typeof ROLES;

/** What a session token restricts; the holder of a key has none of it. */
export interface Grant {
  /** Who it is: `from` of what they send. */
  readonly subject: string;
  /** For people; absent: the subject. */
  readonly name?: string;
  /** Ids of sessions; one that ends with `*` stands for all that begin so. */
  readonly sessions: readonly string[];
  readonly scopes: readonly Scope[];
  /** What they may approve, see `Approvers`. */
  readonly roles: readonly string[];
  /** Of the token, and when it was issued (ms since the Unix epoch): for its revocation. */
  readonly id: string;
  readonly issuedAt: number;
  /** When it ends, ms since the Unix epoch. */
  readonly expiresAt: number;
}

export interface Principal {
  readonly tenant: string;
  /** Absent: a key of the tenant. */
  readonly grant?: Grant;
  /** The key of the registry that it holds; absent: a session token, or a key of the environment, which may do everything in its tenant. */
  readonly key?: HeldKey;
}

export interface HeldKey {
  readonly id: string;
  readonly scopes: readonly (KeyScope | 'admin')[];
}

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** A session id, or the beginning of one and `*`. */
export function isSessionPattern(text: string): boolean {
  return text === '*' || isId(text.endsWith('*') ? text.slice(0, -1) : text);
}

/** A session of its tenant that it may know of. */
export function mayTouch({ grant }: Principal, session: string): boolean {
  if (!grant) return true;
  return grant.sessions.some((each) =>
    each.endsWith('*') ? session.startsWith(each.slice(0, -1)) : session === each,
  );
}

/** Throws `forbidden` unless the principal is a key with this scope. */
export function allowKey({ tenant, grant, key }: Principal, scope: KeyScope): void {
  if (grant) throw new ConvokeError('forbidden', 'This takes a key of the tenant, not a session token.');
  if (tenant === OPERATOR)
    throw new ConvokeError(
      'forbidden',
      'An operator’s key is for /v1/admin; make a key of the tenant there.',
    );
  if (key && !key.scopes.includes(scope))
    throw new ConvokeError('forbidden', `The key lacks the scope "${scope}"; use another key.`);
}

/** Throws `forbidden` unless the principal is a key that mints, and may itself do what the token is to be for. */
export function allowMint(
  principal: Principal,
  {
    role = 'participant',
    scopes = ROLES[role],
  }: { readonly role?: Role; readonly scopes?: readonly Scope[] },
): void {
  for (const scope of ['mint', ...scopes] as const) allowKey(principal, scope);
}

/** Throws `forbidden` unless the principal is an operator. */
export function allowOperator({ tenant }: Principal): void {
  if (tenant !== OPERATOR)
    throw new ConvokeError(
      'forbidden',
      'This takes an operator’s key: the one in CONVOKE_OPERATOR_KEY of the gateways, or the one that the first gateway made and told in its log (in dev mode: dev-operator).',
    );
}

/** What a principal is told of direct messages: a person those that are from or to them, a key and an operator all. */
export function readerOf({ grant }: Principal): Reader {
  return !grant || grant.scopes.includes('operate') ? INSIDER : { subject: grant.subject };
}

/** True for whoever is told of processes, limits and connections: a key or token with `operate`. */
export function mayOperate({ grant, key }: Principal): boolean {
  return (grant ?? key)?.scopes.some((scope) => scope === 'operate') ?? true;
}

/** Who acts, for the audit log: `subject:NAME`, `key:ID`, or `environment`. A subject may have any name, also that of a key. */
export function actorOf({ grant, key }: Principal): string {
  if (grant) return `subject:${grant.subject}`;
  return key ? `key:${key.id}` : 'environment';
}

/**
 * Throws `forbidden` if the principal lacks the scope, and `session_not_found` for a session that is not among its own: whether it exists
 * is nothing that it may know. `session`: absent for what is about all of them, which takes a token for all.
 */
export function allow(principal: Principal, scope: Scope, session?: string): void {
  const { grant } = principal;
  if (!grant) {
    allowKey(principal, scope);
    return;
  }
  if (session !== undefined && !mayTouch(principal, session)) throw new ConvokeError('session_not_found');
  if (session === undefined && !grant.sessions.includes('*'))
    throw new ConvokeError('forbidden', 'This is about all sessions of the tenant; the token is for some.');
  if (!grant.scopes.includes(scope))
    throw new ConvokeError(
      'forbidden',
      `The token lacks the scope "${scope}"; ask your server for another one.`,
    );
}
