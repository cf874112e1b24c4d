/**
 * How long the turns of each tenant wait for a free worker: measured by workers, told to gateways, which let in less of a tenant whose turns
 * wait too long (`src/ingest/shed.ts`). While nobody waits nothing is written.
 */
import { randomUUID } from 'node:crypto';
import { LIMITS } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { ASKED, WAITS } from './keys.ts';

/** Of the turns of one tenant that have begun in the last seconds. */
export interface TurnWait {
  /** How long they had waited for a worker, ms: the median. */
  readonly waitMs: number;
  readonly turnsPerSecond: number;
}

type Told = Readonly<Record<string, TurnWait>>;

interface Begun {
  readonly at: number;
  readonly waitMs: number;
}

/** What one worker knows. Times are ms of a clock that is never set back. */
export class BegunTurns {
  /** Newest last. */
  readonly #begun = new Map<string, Begun[]>();

  #newestAt = -Infinity;
  #resumedAt = -Infinity;

  /**
   * A turn has begun `waitMs` after it could have. Where none had begun for a while, there was no worker, no Temporal or no Redis: what has
   * waited for that says nothing of the next.
   */
  add(tenant: string, waitMs: number, now: number): void {
    if (now - this.#newestAt > LIMITS.waitsGapMs) this.#resumedAt = now;
    this.#newestAt = now;
    if (now - waitMs <= this.#resumedAt) return;
    const begun = this.#begun.get(tenant) ?? [];
    if (begun.length === 0 && this.#begun.size >= LIMITS.quotaTenants) return;
    begun.push({ at: now, waitMs });
    if (begun.length > LIMITS.turnsMeasured) begun.shift();
    this.#begun.set(tenant, begun);
  }

  /** The tenants whose turns wait, those that wait longest first; what is too old is forgotten. */
  waiting(now: number): Told {
    const found: [string, TurnWait][] = [];
    for (const [tenant, all] of this.#begun) {
      const begun = all.filter(({ at }) => now - at <= LIMITS.waitsKeptMs);
      if (begun.length === 0) this.#begun.delete(tenant);
      else this.#begun.set(tenant, begun);
      const waitMs = medianOf(begun);
      if (begun.length >= LIMITS.waitsLeast && waitMs >= LIMITS.turnWaitToldMs)
        found.push([tenant, { waitMs, turnsPerSecond: rateOf(begun, now) }]);
    }
    const longest = found.sort(([, one], [, other]) => other.waitMs - one.waitMs);
    return Object.fromEntries(longest.slice(0, LIMITS.waitsTold));
  }
}

function medianOf(begun: readonly Begun[]): number {
  const newest = begun.slice(-LIMITS.waitsMeasured);
  const sorted = newest.map(({ waitMs }) => waitMs).sort((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

function rateOf(begun: readonly Begun[], now: number): number {
  const [oldest] = begun;
  const overMs = Math.max(LIMITS.waitsEveryMs, oldest ? now - oldest.at : 0);
  return Math.round((begun.length * 10_000) / overMs) / 10;
}

/** Measures the turns of a worker. `close` ends it. */
export function tellWaits(redis: Commands): {
  readonly begun: (tenant: string, waitMs: number) => void;
  readonly close: () => void;
} {
  const script = scriptsBeside(import.meta.url, redis)('tell-waits-1');
  const worker = randomUUID();
  const turns = new BegunTurns();
  let told = false;
  const tell = async (): Promise<void> => {
    const waiting = turns.waiting(performance.now());
    const some = Object.keys(waiting).length > 0;
    if (!some && !told) return;
    told = some;
    await script(WAITS, worker, LIMITS.waitsKeptMs, some ? JSON.stringify(waiting) : '');
  };
  // While Redis is away gateways know of no waits.
  const timer = setInterval(() => void tell().catch(() => undefined), LIMITS.waitsEveryMs).unref();
  return {
    begun: (tenant, waitMs) => turns.add(tenant, waitMs, performance.now()),
    close: () => clearInterval(timer),
  };
}

/** What a gateway knows: as workers have told within `LIMITS.waitsKeptMs`. Asks Redis once in `waitsEveryMs` at most, and only while messages come. */
export class TurnWaits {
  readonly #read: (perSecond: number) => Promise<unknown>;
  #known: Told = {};
  #share = 1;
  #knownAt = -Infinity;
  #askedAt = -Infinity;
  /** Messages since then. */
  #messages = 0;

  constructor(redis: Commands) {
    const script = scriptsBeside(import.meta.url, redis)('read-waits-2');
    const gateway = randomUUID();
    this.#read = (perSecond) => script(WAITS, ASKED, gateway, LIMITS.waitsKeptMs, perSecond);
  }

  /** A message has come: what do turns of its tenant wait? Undefined: they do not, or nobody knows. */
  of(tenant: string): TurnWait | undefined {
    const now = performance.now();
    this.#messages += 1;
    // While Redis is away nobody waits.
    if (now - this.#askedAt >= LIMITS.waitsEveryMs) void this.look().catch(() => undefined);
    if (now - this.#knownAt > LIMITS.waitsKeptMs || !Object.hasOwn(this.#known, tenant)) return undefined;
    return this.#known[tenant];
  }

  /** Of the messages that come to all gateways, those that come to this one: 0 to 1. */
  get share(): number {
    return this.#share;
  }

  /** Asks now. Throws `log_unavailable`. */
  async look(): Promise<void> {
    const now = performance.now();
    const overMs = Math.min(LIMITS.waitsKeptMs, Math.max(LIMITS.waitsEveryMs, now - this.#askedAt));
    const perSecond = (this.#messages * 1_000) / overMs;
    this.#askedAt = now;
    this.#messages = 0;
    const [all = '', ...told] = (await this.#read(perSecond)) as string[]; // safety: see the script
    this.#share = perSecond === 0 ? 1 : perSecond / Number(all);
    this.#known = together(told.map((json) => JSON.parse(json) as Told)); // safety: only `tellWaits` writes there
    this.#knownAt = performance.now();
  }
}

/** Workers by the turns that they have begun. */
function together(told: readonly Told[]): Told {
  const sums = new Map<string, TurnWait>();
  for (const [tenant, { waitMs, turnsPerSecond }] of told.flatMap((each) => Object.entries(each))) {
    const before = sums.get(tenant) ?? { waitMs: 0, turnsPerSecond: 0 };
    const all = before.turnsPerSecond + turnsPerSecond;
    const weighed = before.waitMs * before.turnsPerSecond + waitMs * turnsPerSecond;
    sums.set(tenant, { waitMs: weighed / all, turnsPerSecond: all });
  }
  return Object.fromEntries(sums);
}
