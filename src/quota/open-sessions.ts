/**
 * Open sessions of tenants: those that have a workflow, so neither closed nor hibernated ones. Temporal counts them, but knows of a new one only
 * after a while. So a session that is about to be opened takes a place in Redis first, and sessions whose places are young are counted there and
 * not by Temporal. A place ends by itself: by then Temporal counts the session, or it was never opened.
 */
import {
  ConvokeError,
  isConvokeError,
  LIMITS,
  RECOVERY,
  sessionKey,
  type SessionRef,
} from '../contracts/index.ts';
import { inTime, logUnavailable, scriptsBeside, type Commands } from '../log/index.ts';
import type { Release } from './connections.ts';
import { quotaExceeded } from './exceeded.ts';
import { quotaKey } from './keys.ts';
import type { LimitsOf } from './limits-of.ts';

/** Asks Temporal how many sessions of the tenant are open, those that are named not counted. */
export type CountOpen = (tenant: string, without: readonly string[]) => Promise<number>;

/** Sessions that are open, without those that have taken a place since. */
interface Count {
  readonly open: number;
  /** Since when, by the clock of Redis; null: it was away. */
  readonly cut: string | null;
  /** The same, ms of `performance.now()`. */
  readonly since: number;
}

/** Whether there is a place, whether the session had one already, and how many others are open. */
type Taken = readonly [number, number, number];

const NOTHING: Release = () => undefined;

export class OpenSessions {
  readonly #redis: Commands;
  readonly #count: CountOpen;
  readonly #limitsOf: LimitsOf;
  readonly #read;
  readonly #take;
  readonly #counts = new Map<string, { readonly count: Promise<Count>; readonly at: number }>();
  /** Sessions that have taken a place through this process, the newest last: enough to go on while Redis is away. */
  readonly #here = new Map<string, SessionRef & { readonly at: number }>();

  constructor(redis: Commands, count: CountOpen, limitsOf: LimitsOf) {
    const script = scriptsBeside(import.meta.url, redis);
    this.#redis = redis;
    this.#read = script('read-opened-1');
    this.#take = script('take-place-1');
    this.#count = count;
    this.#limitsOf = limitsOf;
  }

  /**
   * Takes a place for a session that is about to be opened, unless it has one. Resolves to what gives the place back, which is for a session that
   * was open before. Throws `quota_exceeded`, and what Temporal answers. A tenant without a limit costs no call.
   */
  async open(tenant: string, session: string): Promise<Release> {
    const { openSessions: most } = this.#limitsOf(tenant);
    if (most === undefined) return NOTHING;
    const count = await this.#of(tenant);
    const [allowed, had, used] =
      (await this.#inRedis(tenant, session, count, most)) ?? this.#alone(tenant, session, count, most);
    if (allowed === 0) throw quotaExceeded([{ limit: 'openSessions', most, used, left: 0 }]);
    this.#note(tenant, session);
    if (had === 1) return NOTHING;
    return () => {
      this.#here.delete(sessionKey({ tenant, session }));
      // One that cannot be given back now ends by itself.
      void this.#redis.zrem(keyOf(tenant), session).catch(() => undefined);
    };
  }

  /** How many there are. Throws `log_unavailable`, and what Temporal answers. */
  async used(tenant: string): Promise<number> {
    const { open, cut, since } = await this.#of(tenant);
    if (cut === null) return open + this.#opened(tenant, since).length;
    const young = this.#redis.zcount(keyOf(tenant), `(${cut}`, '+inf');
    return open + (await young.catch((error: unknown) => Promise.reject(logUnavailable(error))));
  }

  /** Null: Redis is away. */
  async #inRedis(tenant: string, session: string, { cut, open }: Count, most: number): Promise<Taken | null> {
    if (cut === null) return null;
    const taken = this.#take(keyOf(tenant), session, cut, open, most, LIMITS.openSessionsKeptMs);
    return (await unlessAway(taken)) as Taken | null; // safety: see the script
  }

  #alone(tenant: string, session: string, { open, since }: Count, most: number): Taken {
    const opened = this.#opened(tenant, since);
    const had = opened.includes(session);
    const used = open + opened.length - (had ? 1 : 0);
    return [used < most ? 1 : 0, had ? 1 : 0, used];
  }

  async #of(tenant: string): Promise<Count> {
    const at = performance.now();
    const found = this.#counts.get(tenant);
    if (found && at - found.at < LIMITS.openSessionsCachedMs) return found.count;
    const count = this.#look(tenant, at - LIMITS.openSessionsYoungMs);
    // The next one asks again.
    count.catch(() => this.#counts.delete(tenant));
    keep(this.#counts, tenant, { count, at });
    return count;
  }

  async #look(tenant: string, since: number): Promise<Count> {
    const { openSessionsYoungMs, openSessionsYoung } = LIMITS;
    const read = await unlessAway(this.#read(keyOf(tenant), openSessionsYoungMs, openSessionsYoung));
    if (read === null)
      return { open: await this.#count(tenant, this.#opened(tenant, since)), cut: null, since };
    const [cut = '', ...young] = read as readonly string[]; // safety: see the script
    return { open: await this.#count(tenant, young), cut, since };
  }

  #opened(tenant: string, since: number): readonly string[] {
    return [...this.#here.values()].flatMap((each) =>
      each.tenant === tenant && each.at > since ? each.session : [],
    );
  }

  #note(tenant: string, session: string): void {
    const now = performance.now();
    for (const [key, { at }] of this.#here) {
      if (now - at < LIMITS.openSessionsKeptMs) break;
      this.#here.delete(key);
    }
    keep(this.#here, sessionKey({ tenant, session }), { tenant, session, at: now });
  }
}

const keyOf = (tenant: string): string => quotaKey(tenant, 'opened');

/** Makes the entry the newest; if there are too many, the oldest one is forgotten. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > LIMITS.quotaTenants && oldest !== undefined) map.delete(oldest);
}

/** What Redis answers; null: it does not. */
async function unlessAway<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await inTime(answer, RECOVERY.admitDeadlineMs, () => new ConvokeError('log_unavailable'));
  } catch (error) {
    if (isConvokeError(error) && error.code === 'log_unavailable') return null;
    throw error;
  }
}
