/** Turns whose code blocks the event loop of workers: one hash for each, by the worker's process. Seldom written, and forgotten soon. */
import { RECOVERY, type SessionRef } from '../contracts/index.ts';
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';
import { logKeys } from './keys.ts';

/** `blocked`: at this moment. `ended`: until the process ended itself. */
export type Stall = 'blocked' | 'ended';

/** All calls throw `log_unavailable` while Redis is away. */
export interface Stalls {
  /** What the turn's code does to a process. Null: that goes on after all. */
  tell(ref: SessionRef, turn: string, process: string, stall: Stall | null): Promise<void>;
  /** One for each process. */
  of(ref: SessionRef, turn: string): Promise<readonly Stall[]>;
}

export function createStalls(redis: Commands): Stalls {
  const keyOf = (ref: SessionRef, turn: string): string => logKeys(ref).stalls + turn;
  const asked = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw logUnavailable(error);
    }
  };
  return {
    async tell(ref, turn, process, stall) {
      const key = keyOf(ref, turn);
      if (stall === null) await asked(redis.hdel(key, process));
      else await asked(redis.multi().hset(key, process, stall).pexpire(key, RECOVERY.stallKeptMs).exec());
    },
    async of(ref, turn) {
      return (await asked(redis.hvals(keyOf(ref, turn)))) as Stall[]; // safety: only `tell` writes there
    },
  };
}
