/** What the last minutes of this worker were like: calls of models, what it lacked, turns that wait for a place. Bounded, and in memory. */
import type { RunWatch } from '../../activities/index.ts';
import {
  LIMITS,
  RECOVERY,
  type Asks,
  type EndpointUse,
  type Entered,
  type HandedOver,
  type Lacked,
  type TurnRef,
  type WaitingTurn,
  type WorkerStatus,
} from '../contracts/index.ts';
import type { Places } from './measured.ts';

type Call = Parameters<RunWatch['heard']>[1] & { readonly at: number };

/** Failures of the endpoint, as against the agent's own. */
const OF_ENDPOINT = /^agent_(rate_limited|timeout|stalled|unreachable|failed)$/;

export class Recent {
  readonly #calls = new Map<string, Call[]>();
  readonly #lacked = new Map<string, number[]>();
  readonly #waiting = new Map<string, WaitingTurn>();
  #handedOver: readonly HandedOver[] = [];

  heard({ provider }: Asks, call: Parameters<RunWatch['heard']>[1]): void {
    push(this.#calls, provider, { ...call, at: Date.now() }, LIMITS.workerEndpoints);
  }

  lacks({ tenant, session, turn }: TurnRef, needs: string): void {
    const at = Date.now();
    push(this.#lacked, needs, at, LIMITS.workerLacks);
    const others = this.#handedOver.filter((each) => keyOf(each) !== keyOf({ tenant, session, turn }));
    this.#handedOver = [...others, { tenant, session, turn, needs, at }].slice(-LIMITS.workerHandedOver);
  }

  /** The same places, of which it is remembered who waits for one. */
  places(places: Places): Places {
    return {
      enter: async (ref, since) => {
        const entered = await places.enter(ref, since);
        this.#waits(ref, entered);
        return entered;
      },
      leave: (ref, goesOn) => places.leave(ref, goesOn),
      forget: (ref) => {
        this.#waiting.delete(keyOf(ref));
        places.forget(ref);
      },
    };
  }

  #waits(ref: TurnRef, entered: Entered): void {
    const key = keyOf(ref);
    this.#waiting.delete(key);
    if (entered.status === 'entered') return;
    const { tenant, session, turn } = ref;
    const { since, most, againInMs } = entered;
    this.#waiting.set(key, { tenant, session, turn, since, most, until: Date.now() + againInMs });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > 4 * LIMITS.workerWaiting && oldest !== undefined) this.#waiting.delete(oldest);
  }

  told(now: number): Required<Pick<WorkerStatus, 'endpoints' | 'lacked' | 'handedOver' | 'waiting'>> {
    const since = now - LIMITS.recentMs;
    for (const [key, { until }] of this.#waiting)
      if (until + LIMITS.waitingGraceMs < now) this.#waiting.delete(key);
    const waiting = [...this.#waiting.values()].sort((one, other) => one.since - other.since);
    return {
      endpoints: [...this.#calls].flatMap(([provider, calls]) =>
        useOf(
          provider,
          calls.filter(({ at }) => at >= since),
        ),
      ),
      lacked: [...this.#lacked].flatMap(([needs, times]) =>
        lackedOf(
          needs,
          times.filter((at) => at >= since),
        ),
      ),
      handedOver: this.#handedOver.filter(({ at }) => now - at < HANDED_OVER_MS),
      waiting: waiting.slice(0, LIMITS.workerWaiting),
    };
  }
}

/** A turn that no worker has taken up by then has failed. */
const HANDED_OVER_MS = RECOVERY.ableWorkerMs + LIMITS.workerEveryMs;

function keyOf({ tenant, session, turn }: TurnRef): string {
  return [tenant, session, turn].join(' ');
}

/** The newest of each, and of those that were told of last. */
function push<T>(all: Map<string, T[]>, key: string, value: T, most: number): void {
  const before = all.get(key) ?? [];
  all.delete(key);
  all.set(key, [...before, value].slice(-LIMITS.endpointCalls));
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}

function useOf(provider: string, calls: readonly Call[]): readonly EndpointUse[] {
  if (calls.length === 0) return [];
  const failed = calls.filter(({ failed: code }) => code !== undefined && OF_ENDPOINT.test(code)).length;
  const first = calls.flatMap(({ firstMs }) => firstMs ?? []).sort((one, other) => one - other);
  const firstMs = first[Math.floor(first.length / 2)];
  return [{ provider, calls: calls.length, failed, ...(firstMs !== undefined && { firstMs }) }];
}

function lackedOf(needs: string, times: readonly number[]): readonly Lacked[] {
  const lastAt = times.at(-1);
  return lastAt === undefined ? [] : [{ needs, times: times.length, lastAt }];
}
