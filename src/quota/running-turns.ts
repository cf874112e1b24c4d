/** Turns of tenants that run, over all workers. A worker says which ones it has, for a time: those of one that has crashed lose their places. */
import { LIMITS, type Entered, type SessionRef, type TurnRef } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { quotaKey } from './keys.ts';
import type { LimitsOf } from './limits-of.ts';

/** Tells a session that there may be a place for its turn. False: there is no such session any more. */
export type CallTurn = (ref: SessionRef) => Promise<boolean>;

export interface RunningTurnsOptions {
  readonly limitsOf: LimitsOf;
  readonly call: CallTurn;
  /** How long Redis keeps the place of a turn that it is told of, ms; default `LIMITS.turnsTtlMs`. */
  readonly ttlMs?: number;
}

type Reply = readonly [number, number, number, number, number, number];

interface Call {
  /** The turn that waits no more, and if it `ran` has no place any more. */
  readonly left?: string;
  readonly ran?: boolean;
  /** Also of a tenant without the limit: some of its turns may stand in the line from when it had one. */
  readonly drains?: boolean;
}

const memberOf = ({ session, turn }: TurnRef): string => `${session}:${turn}`;

export class RunningTurns {
  readonly #options: RunningTurnsOptions;
  readonly #enter;
  readonly #leave;
  readonly #hold;
  /** What runs here: by tenant, how many executions of each turn. */
  readonly #running = new Map<string, Map<string, number>>();
  readonly #looking = new Map<string, NodeJS.Timeout>();
  readonly #timer: NodeJS.Timeout;

  constructor(redis: Commands, options: RunningTurnsOptions) {
    const script = scriptsBeside(import.meta.url, redis);
    this.#enter = script('enter-turn-3');
    this.#leave = script('leave-turn-3');
    this.#hold = script('hold-turns-1');
    this.#options = options;
    this.#timer = setInterval(() => this.#renew(), LIMITS.turnsEveryMs).unref();
  }

  /**
   * Gives the turn a place until `leave`, or one in the line. A tenant without the limit costs no call. `since`: as it was told when it began
   * to wait, which keeps its place in the line. Throws `log_unavailable`: nobody begins to run uncounted.
   */
  async enter(ref: TurnRef, since?: number): Promise<Entered> {
    const { tenant } = ref;
    const { runningTurns: most } = this.#options.limitsOf(tenant);
    const waited = since === undefined ? {} : { since };
    if (most === undefined) {
      this.#count(ref, 1);
      // It has left the line; others there may be called.
      if (since !== undefined) this.#call(tenant, { left: memberOf(ref), drains: true });
      return { status: 'entered', ...waited };
    }
    const { placeForgetMs, placeLineTurns } = LIMITS;
    const args = [memberOf(ref), most, since ?? 0, this.#ttlMs, placeForgetMs, placeLineTurns];
    const reply = await this.#enter(...keysOf(tenant), ...args);
    const [entered, used, seat, waiting, place, waitedMs] = reply as unknown as Reply; // safety: see the script
    if (entered === 0)
      return { status: 'waiting', most, used, since: seat, place, againInMs: againIn(most, place, waitedMs) };
    this.#count(ref, 1);
    // The limit has become higher, or who was to call them has died.
    if (waiting > 0 && used < most) this.#call(tenant, {});
    return { status: 'entered', ...(seat === 0 ? {} : { since: seat }) };
  }

  /** An execution of the turn has ended. `goesOn`: another one follows, which has its place. */
  leave(ref: TurnRef, goesOn: boolean): void {
    this.#count(ref, -1);
    if (!goesOn) this.#call(ref.tenant, { left: memberOf(ref), ran: true });
  }

  /** The turn waits no more. */
  forget(ref: TurnRef): void {
    this.#call(ref.tenant, { left: memberOf(ref) });
  }

  /** The limits of the tenant may have changed: those in its line that there is room for now are called, all if it has no limit any more. */
  look(tenant: string): void {
    this.#call(tenant, { drains: true });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const timer of this.#looking.values()) clearTimeout(timer);
  }

  get #ttlMs(): number {
    return this.#options.ttlMs ?? LIMITS.turnsTtlMs;
  }

  #count({ tenant, ...turn }: TurnRef, by: number): void {
    const member = memberOf({ tenant, ...turn });
    const turns = this.#running.get(tenant) ?? new Map<string, number>();
    const count = (turns.get(member) ?? 0) + by;
    if (count > 0) turns.set(member, count);
    else turns.delete(member);
    if (turns.size > 0) this.#running.set(tenant, turns);
    else this.#running.delete(tenant);
  }

  /** Calls whom there is room for. What Redis is not told ends by itself, and turns that are not called ask again. */
  #call(tenant: string, { left = '', ran = false, drains = false }: Call): void {
    const { runningTurns: most = drains ? Number.MAX_SAFE_INTEGER : undefined } =
      this.#options.limitsOf(tenant);
    if (most === undefined) return;
    const { placeClaimMs, placeCalls } = LIMITS;
    this.#leave(...keysOf(tenant), left, most, placeClaimMs, placeCalls, ran ? 1 : 0)
      .then(async (reply) => {
        const called = reply as unknown as readonly string[]; // safety: see the script
        if (called.length > 0) this.#lookAgain(tenant, drains);
        await Promise.all(called.map((member) => this.#callOne(tenant, member)));
      })
      .catch(() => undefined);
  }

  async #callOne(tenant: string, member: string): Promise<void> {
    const [session = '', turn = ''] = member.split(':');
    const isThere = await this.#options.call({ tenant, session });
    if (!isThere) this.forget({ tenant, session, turn });
  }

  /** Whoever does not come makes room for the next. */
  #lookAgain(tenant: string, drains: boolean): void {
    if (this.#looking.has(tenant)) return;
    const look = (): void => {
      this.#looking.delete(tenant);
      this.#call(tenant, { drains });
    };
    this.#looking.set(tenant, setTimeout(look, LIMITS.placeClaimMs).unref());
  }

  /** Also of tenants that have got the limit since. */
  #renew(): void {
    for (const [tenant, turns] of this.#running) {
      if (this.#options.limitsOf(tenant).runningTurns === undefined) continue;
      const [running] = keysOf(tenant);
      void this.#hold(running, this.#ttlMs, ...turns.keys()).catch(() => undefined);
    }
  }
}

function keysOf(tenant: string): readonly [string, string, string] {
  return [quotaKey(tenant, 'turns'), quotaKey(tenant, 'turns', 'line'), quotaKey(tenant, 'turns', 'due')];
}

/**
 * As long again as it has waited, within bounds: what a wait costs the session's history grows with its logarithm first, and slowly after that.
 * Where none may run nobody makes room for the first in the line sooner than for others.
 */
function againIn(most: number, place: number, waitedMs: number): number {
  const { placeLeastMs, placeEachMs, placeMostMs } = LIMITS;
  const ms = Math.min(
    Math.max(waitedMs, placeLeastMs),
    most === 0 ? placeMostMs : place * placeEachMs,
    placeMostMs,
  );
  return Math.round(ms * (0.75 + Math.random() / 2));
}
