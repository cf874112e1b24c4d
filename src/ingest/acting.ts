/** What a principal may touch, and as whom it acts. */
import type { SessionRef, SocketRequests } from '../contracts/index.ts';
import { actorOf, allow } from '../tenants/index.ts';
import type { Audit, Principal, Scope } from '../tenants/index.ts';
import type { Controls } from './control.ts';
import { invalidAt } from './json-guard.ts';
import { idSchema } from './schemas/index.ts';

/** A session of the principal's. Throws `invalid_request` if the id is not valid, `session_not_found`, `forbidden`. */
export function refOf(principal: Principal, session: unknown, scope: Scope): SessionRef {
  const parsed = idSchema.safeParse(session);
  if (!parsed.success) throw invalidAt(['session'], 'an id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
  allow(principal, scope, parsed.data);
  return { tenant: principal.tenant, session: parsed.data };
}

/** Who holds a session token acts as its subject, whatever the request says. */
export function asSubject({ grant }: Principal): { readonly from?: string } {
  return grant ? { from: grant.subject } : {};
}

/** Roles, too, are what a key says of people, and not what they say of themselves. */
export function votedBy({ grant }: Principal, body: unknown): unknown {
  if (!grant || typeof body !== 'object' || body === null) return body;
  return { ...body, by: grant.subject, roles: grant.roles };
}

/** Tells of a vote that a session has taken: its form is known to be right. */
export function noteVote(
  audit: Audit | undefined,
  principal: Principal,
  { ref, body }: { readonly ref: SessionRef; readonly body: unknown },
): void {
  const { approval, vote, by } = body as SocketRequests['approve']['request']; // safety: the control has checked it
  audit?.note({
    ...{ actor: actorOf(principal), tenant: ref.tenant, action: 'approval.vote', target: ref.session },
    detail: { approval, vote, by },
  });
}

export const CONTROL_SCOPES: Readonly<Record<keyof Controls, Scope>> = {
  cancel: 'cancel',
  unschedule: 'cancel',
  wake: 'send',
  approve: 'approve',
  members: 'operate',
  close: 'operate',
  reopen: 'operate',
};
