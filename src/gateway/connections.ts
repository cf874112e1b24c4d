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
/** How long after its moment a connection that is to leave may take to do so, ms. */
const LEAVE_MS = 250;

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
  /** This process is about to end. */
  #stopping = false;

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

  /** True while new connections are refused: this gateway is stopping, or an operator has drained it. */
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

  /** From now on new connections are refused, for good. */
  refuse(): void {
    this.#draining = true;
    this.#stopping = true;
  }

  /** It takes connections again, unless it is stopping. */
  resume(): void {
    this.#draining = this.#stopping;
  }

  /**
   * Says goodbye to everybody at once, and to each when to come back: at moments spread over `overMs` (less if there are few), so that they do
   * not all come to the other gateways together. Each goes on being served until its moment, and a client that leaves then has missed nothing;
   * who is still there a little later is closed.
   */
  async drain(overMs: number): Promise<void> {
    this.#draining = true;
    const spreadMs = Math.min(overMs - BATCH_MS, this.#all.size * BATCH_MS);
    const leaving = [...this.#all.keys()].map((connection) => {
      const retryAfterMs = Math.round(BATCH_MS + Math.random() * spreadMs);
      connection.bye({ code: 'draining', retry: true, retryAfterMs });
      return { connection, retryAfterMs };
    });
    const start = performance.now();
    const isDue = ({ connection, retryAfterMs }: (typeof leaving)[number]): boolean =>
      this.#all.has(connection) && performance.now() - start >= retryAfterMs + LEAVE_MS;
    while (leaving.some(({ connection }) => this.#all.has(connection))) {
      await sleep(BATCH_MS);
      for (const each of leaving.filter(isDue)) {
        each.connection.close();
        this.remove(each.connection);
      }
    }
  }
}
