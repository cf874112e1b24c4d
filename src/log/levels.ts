/** How much all processes log for a while, instead of what each was configured to. */
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';

const KEY = 'convoke:{log-level}';

export interface ChosenLevel {
  readonly level: string;
  /** ms since the Unix epoch. */
  readonly until: number;
}

/** All calls throw `log_unavailable` while Redis is away. */
export interface Levels {
  /** Null: from now on as they were configured. */
  choose(chosen: ChosenLevel | null): Promise<void>;
  /** Null: nothing is chosen, or its time is over. */
  chosen(): Promise<ChosenLevel | null>;
}

export function createLevels(redis: Commands): Levels {
  const asked = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw logUnavailable(error);
    }
  };
  return {
    async choose(chosen) {
      if (!chosen) await asked(redis.del(KEY));
      else await asked(redis.set(KEY, JSON.stringify(chosen), 'PXAT', chosen.until));
    },
    async chosen() {
      const json = await asked(redis.get(KEY));
      return json === null ? null : (JSON.parse(json) as ChosenLevel); // safety: only `choose` writes there
    },
  };
}
