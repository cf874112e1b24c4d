/**
 * Tickets: what a browser's `EventSource`, which can send no header, puts into the address instead of a token. An address ends up in logs and
 * histories, so a ticket opens one stream of one session, once, and soon.
 */
import { randomBytes } from 'node:crypto';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import { digestOf } from './key.ts';
import type { Principal } from './principal.ts';

/** What all gateways share; both throw `log_unavailable`. */
export interface TicketStore {
  keep(id: string, value: string, ttlMs: number): Promise<void>;
  /** Null if it was taken before, or its time is over. Of several who ask at once, one gets it. */
  take(id: string): Promise<string | null>;
}

export interface Ticket {
  readonly ticket: string;
  /** ms since the Unix epoch. */
  readonly expiresAt: number;
}

interface Kept {
  readonly session: string;
  readonly principal: Principal;
}

const BYTES = 32;
const FORM = /^[\w-]{43}$/;

export class Tickets {
  readonly #store: TicketStore;
  readonly #refuses: (principal: Principal) => boolean;

  /** `refuses`: whose key or token was revoked by now, or whose tenant is suspended. */
  constructor(store: TicketStore, refuses: (principal: Principal) => boolean = () => false) {
    this.#store = store;
    this.#refuses = refuses;
  }

  /** For a session that the principal may watch, which whoever calls has checked. */
  async issue(principal: Principal, session: string): Promise<Ticket> {
    const ticket = randomBytes(BYTES).toString('base64url');
    const kept: Kept = { session, principal };
    const expiresAt = Date.now() + LIMITS.ticketMs;
    await this.#store.keep(digestOf(ticket), JSON.stringify(kept), LIMITS.ticketMs);
    return { ticket, expiresAt };
  }

  /** Who has asked for it. Throws `unauthorized`, also for another session than it was made for: that one is used up, too. */
  async redeem(ticket: string, session: string): Promise<Principal> {
    const json = FORM.test(ticket) ? await this.#store.take(digestOf(ticket)) : null;
    const kept = json === null ? null : (JSON.parse(json) as Kept); // safety: only `issue` writes there
    if (kept?.session === session && this.#counts(kept.principal)) return kept.principal;
    throw new ConvokeError('unauthorized', 'A ticket opens one stream, once: ask for another one.');
  }

  #counts(principal: Principal): boolean {
    return (principal.grant?.expiresAt ?? Infinity) > Date.now() && !this.#refuses(principal);
  }
}
