/** Tickets of event streams, by their digests: whichever gateway made one, one of all takes it. */
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';

export interface TicketRows {
  keep(id: string, value: string, ttlMs: number): Promise<void>;
  take(id: string): Promise<string | null>;
}

const keyOf = (id: string): string => `convoke:ticket:${id}`;

/** Both throw `log_unavailable` while Redis is away. */
export function createTicketRows(redis: Commands): TicketRows {
  return {
    async keep(id, value, ttlMs) {
      try {
        await redis.set(keyOf(id), value, 'PX', ttlMs);
      } catch (error) {
        throw logUnavailable(error);
      }
    },
    async take(id) {
      try {
        return await redis.getdel(keyOf(id));
      } catch (error) {
        throw logUnavailable(error);
      }
    },
  };
}
