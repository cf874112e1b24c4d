/**
 * What a turn has spent, and a team that runs inside with limits of its own. Everything but the time follows from the answers of the journal, so it
 * comes out the same when the team's code runs again.
 *
 * A call that a limit stops is never answered: the team could catch an error and go on. `over` says so to whoever ends the team.
 */
import {
  LIMITS,
  type Budget,
  type Guard,
  type Limits,
  type Spent,
  type Usage,
} from '../../src/contracts/index.ts';
import { BudgetSpent, TeamBroken } from './stops.ts';

type Counted = 'steps' | 'handoffs' | 'tokens' | 'cost';

/** What may still be spent. */
export type Left = Readonly<Record<Counted, number>>;

export class Spending {
  readonly #limits: Budget;
  readonly #above: Spending | null;
  readonly #over = Promise.withResolvers<Spent>();
  readonly #spent: Record<Counted, number> = { steps: 0, handoffs: 0, tokens: 0, cost: 0 };

  /** Stays true: it counts down. */
  readonly left: Left;

  /** `limits`: what is absent has its default, or is bounded from above alone. */
  constructor(limits: Limits = {}, above: Spending | null = null) {
    const none = { steps: Infinity, handoffs: Infinity, depth: Infinity, width: Infinity, runMs: Infinity };
    const unbounded = { ...none, tokens: Infinity, cost: Infinity, repeats: Infinity };
    this.#limits = { ...(above ? unbounded : LIMITS.budget), ...limits };
    this.#above = above;
    this.left = leftOf((what) =>
      Math.max(0, Math.min(this.#limits[what] - this.#spent[what], above?.left[what] ?? Infinity)),
    );
  }

  /** Resolves when a limit has stopped a call, if one ever does. */
  get over(): Promise<Spent> {
    return this.#over.promise;
  }

  get runMs(): number {
    return this.#limits.runMs;
  }

  /** Of a team that runs inside. Throws if they are none: what is no number would never be reached. Time is the whole turn's alone. */
  within(limits: Omit<Limits, 'runMs'>): Spending {
    for (const [guard, limit] of Object.entries(limits) as [string, unknown][]) {
      const isGuard = Object.hasOwn(LIMITS.budget, guard) && guard !== 'runMs';
      if (!isGuard || typeof limit !== 'number' || !(limit >= 0))
        throw new TeamBroken('team_failed', `"${guard}" is no limit of a team inside, or no number from 0.`);
    }
    return new Spending(limits, this);
  }

  /** Before a step. False: a limit stops it. */
  step(): boolean {
    return this.#below('tokens') && this.#below('cost') && this.#take('steps');
  }

  /** Before an agent hands over. */
  handoff(): boolean {
    return this.#take('handoffs');
  }

  /** After a step. */
  count({ inputTokens, outputTokens, cost = 0 }: Usage): void {
    this.#add('tokens', inputTokens + outputTokens);
    this.#add('cost', cost);
  }

  /** False: it is more than the limit, here or above. */
  allows(guard: 'depth' | 'width' | 'repeats', value: number): boolean {
    return value <= this.#limits[guard] ? (this.#above?.allows(guard, value) ?? true) : this.#stop(guard);
  }

  #below(what: Counted): boolean {
    if (this.#spent[what] >= this.#limits[what]) return this.#stop(what);
    return this.#above === null || this.#above.#below(what);
  }

  #take(what: Counted): boolean {
    if (!this.#below(what)) return false;
    this.#add(what, 1);
    return true;
  }

  #add(what: Counted, amount: number): void {
    this.#spent[what] += amount;
    if (this.#above) this.#above.#add(what, amount);
  }

  #stop(guard: Guard): false {
    this.#over.resolve({ guard, limit: this.#limits[guard] });
    return false;
  }
}

function leftOf(count: (what: Counted) => number): Left {
  return {
    get steps() {
      return count('steps');
    },
    get handoffs() {
      return count('handoffs');
    },
    get tokens() {
      return count('tokens');
    },
    get cost() {
      return count('cost');
    },
  };
}

/** As `run` settles, unless a limit is reached before, or the turn has run for as long as it may: then with `BudgetSpent`. */
export function guarded<T>(spending: Spending, ranMs: number, run: Promise<T>): Promise<T> {
  const { runMs } = spending;
  const { promise, resolve } = Promise.withResolvers<Spent>();
  const timer = setTimeout(() => resolve({ guard: 'runMs', limit: runMs }), Math.max(0, runMs - ranMs));
  const stopped = Promise.race([spending.over, promise]).then((spent) => {
    throw new BudgetSpent(spent);
  });
  return Promise.race([run, stopped]).finally(() => clearTimeout(timer));
}

/** An answer that never comes. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** How often each agent has said the same in a row, in one line of a team's code. */
export class Repeats {
  readonly #newest = new Map<string, { readonly said: string; readonly times: number }>();

  /** How often it has said this now. */
  times(agent: string, said: string): number {
    const before = this.#newest.get(agent);
    const times = before?.said === said ? before.times + 1 : 1;
    this.#newest.set(agent, { said, times });
    return times;
  }
}
