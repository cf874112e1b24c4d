/** Erasing the log of a session. */
import { LIMITS, type SessionRef } from '../contracts/index.ts';
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';
import { logKeys } from './keys.ts';
import { list } from './replies.ts';
import { loadEraseScript } from './scripts.ts';

export interface ErasedLog {
  readonly events: number;
  readonly keys: number;
}

/**
 * Erases what Redis keeps of a session. For `LIMITS.erasedLogMs`, longer than anybody can still be writing, no log of it can be made. Who follows it is
 * told. May be repeated. Throws `log_unavailable`.
 */
export function createLogEraser(redis: Commands): (ref: SessionRef) => Promise<ErasedLog> {
  const script = loadEraseScript(redis);
  return async (ref) => {
    const { meta, log, ids, channel, inbox, texts, reasonings, present, reads, kicks } = logKeys(ref);
    try {
      const reply = list(await script(meta, log, ids, channel, inbox, texts, reasonings, LIMITS.erasedLogMs));
      const beside = await redis.del(present, reads, kicks);
      return { events: Number(reply[0]), keys: Number(reply[1]) + beside };
    } catch (error) {
      throw logUnavailable(error);
    }
  };
}
