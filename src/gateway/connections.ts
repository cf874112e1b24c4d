/** The long-lived connections of this gateway, whatever their protocol, and how they are sent elsewhere. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS, LIMITS } from '../contracts/index.ts';
import type { Bye } from '../contracts/index.ts';
import type { Grant, Principal } from '../tenants/index.ts';

export interface LongConnection {
  /** Whose it is. */
  readonly principal: Principal;
  readonly kind: 'socket' | 'stream';
  /** What waits to be sent. */
  backlog(): { readonly bytes: number };
  /** Says why the connection is about to be closed. */
  bye(bye: Bye): void;
  /** Closes it after everything sent before is on its way. */
  close(): void;
  /** Asks for another token; absent where none can be brought while the connection lasts. */
  renew?(expiresInMs: number): void;
}

/** Time between two batches of closed connections, ms. */
const BATCH_MS = 100;

/** A goodbye that spreads reconnects over time. */
export function byeOf(code: Bye['code']): Bye {
  if (code === 'unauthorized' || code === 'kicked') return { code, retry: false, retryAfterMs: 0 };
  const least = ERRORS.draining.retryAfterMs ?? 0;
  // When a whole gateway drains, its clients come back spread over that time; a single slow client need not wait as long.
  const spread = code === 'draining' ? LIMITS.drainMs : least;
  return { code, retry: true, retryAfterMs: Math.round(least + Math.random() * spread) };
}

export class Connections {
  /** Each with the timer that ends it. */
  readonly #all = new Map<LongConnection, NodeJS.Timeout | undefined>();
  readonly #isRefused: (principal: Principal) => boolean;
  #draining = false;

  /** `isRefused`: by now, although it was not when it came. */
  constructor(isRefused: (principal: Principal) => boolean = () => false) {
    this.#isRefused = isRefused;
  }

  count(kind: LongConnection['kind']): number {
    return [...this.#all.keys()].filter((connection) => connection.kind === kind).length;
  }

  /** Bytes that wait to be sent, on all of them. */
  get waitingBytes(): number {
    return [...this.#all.keys()].reduce((sum, connection) => sum + connection.backlog().bytes, 0);
  }

  /** True once this gateway is stopping: new connections are refused. */
  get draining(): boolean {
    return this.#draining;
  }

  /**
   * `grant`: of the token that opened it, which ends it; its client comes back with another one. Called again with the grant of a token that
   * was brought meanwhile.
   */
  add(connection: LongConnection, grant?: Pick<Grant, 'expiresAt'>): void {
    clearTimeout(this.#all.get(connection));
    this.#all.set(connection, undefined);
    if (!grant) return;
    const leftMs = grant.expiresAt - Date.now();
    const renewMs = leftMs * LIMITS.tokenRenewShare;
    if (!connection.renew || renewMs < LIMITS.tokenRenewLeastMs) this.#endAfter(connection, leftMs);
    else
      this.#after(connection, renewMs, () => {
        connection.renew?.(leftMs - renewMs);
        this.#endAfter(connection, leftMs - renewMs);
      });
  }

  /** `leftMs`: of its token. */
  #endAfter(connection: LongConnection, leftMs: number): void {
    this.#after(connection, leftMs + LIMITS.tokenGraceMs, () => {
      connection.bye(byeOf('token_expired'));
      connection.close();
    });
  }

  #after(connection: LongConnection, ms: number, act: () => void): void {
    this.#all.set(connection, setTimeout(act, ms).unref());
  }

  remove(connection: LongConnection): void {
    clearTimeout(this.#all.get(connection));
    this.#all.delete(connection);
  }

  /** Ends the connections of all who are refused by now. */
  endRefused(): void {
    for (const connection of this.#all.keys()) this.endIfRefused(connection);
  }

  /** A change during the handshake has missed the connection: ask once it is added. */
  endIfRefused(connection: LongConnection): void {
    if (!this.#isRefused(connection.principal)) return;
    connection.bye(byeOf('unauthorized'));
    connection.close();
  }

  /** From now on new connections are refused. */
  refuse(): void {
    this.#draining = true;
  }

  /**
   * Says goodbye to everybody at once, then closes the connections in batches over `overMs`, so that they do not all come back to the other
   * gateways at the same moment.
   */
  async drain(overMs: number): Promise<void> {
    this.refuse();
    for (const connection of this.#all.keys()) connection.bye(byeOf('draining'));
    const waiting = [...this.#all.keys()];
    const perBatch = Math.max(1, Math.ceil((waiting.length * BATCH_MS) / Math.max(overMs, BATCH_MS)));
    while (waiting.length > 0) {
      for (const connection of waiting.splice(0, perBatch)) connection.close();
      if (waiting.length > 0) await sleep(BATCH_MS);
    }
  }
}
