/** The positions of many logs, in one round trip to each server. */
import { Redis } from 'ioredis';
import type { Position, SessionRef } from '../contracts/index.ts';
import type { Commands } from './connect.ts';
import { logKeys } from './keys.ts';
import { lifeOf } from './life.ts';
import { slotOf } from './slots.ts';

/** In the order of `refs`; null: there is no log. Throws what Redis says. */
export async function headsOf(
  redis: Commands,
  refs: readonly SessionRef[],
): Promise<readonly (Position | null)[]> {
  const metas = refs.map((ref) => logKeys(ref).meta);
  const found = new Map<string, Position | null>();
  try {
    await Promise.all(byServer(redis, metas).map((keys) => ask(redis, keys, found)));
  } catch (error) {
    // A slot may have moved.
    if (!(redis instanceof Redis)) redis.refreshSlotsCache();
    throw error;
  }
  return metas.map((meta) => found.get(meta) ?? null);
}

/** What is served by the same nodes may go in one pipeline. */
function byServer(redis: Commands, keys: readonly string[]): readonly (readonly string[])[] {
  if (keys.length === 0) return [];
  if (redis instanceof Redis) return [keys];
  const nodes = (key: string): string => redis.slots[slotOf(key)]?.join(';') ?? '';
  return [...Map.groupBy(keys, nodes).values()];
}

async function ask(
  redis: Commands,
  keys: readonly string[],
  found: Map<string, Position | null>,
): Promise<void> {
  const pipeline = redis.pipeline().info('server', 'replication');
  for (const key of keys) pipeline.hmget(key, 'e', 's', 'l');
  const [server, ...replies] = (await pipeline.exec()) ?? [];
  const life = lifeOf(server?.[1]);
  for (const [index, [error, value]] of replies.entries()) {
    if (error) throw error;
    const [epoch, seq, opened] = value as (string | null)[]; // safety: HMGET of three fields
    const isWhole = epoch && seq && opened === life;
    found.set(keys[index] ?? '', isWhole ? { epoch: Number(epoch), seq: Number(seq) } : null);
  }
}
