/** What a tenant has used of each of its limits. */
import type { LimitUse } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { quotaKey } from './keys.ts';
import type { LimitsOf } from './limits-of.ts';
import { dayUse } from './meter.ts';
import type { OpenSessions } from './open-sessions.ts';
import { burstOf, useOf, type RateName } from './wants.ts';

/** Of limits of the tenant itself, not of its sessions and senders. Throws `log_unavailable`, and what Temporal answers. */
export type UsageOf = (tenant: string) => Promise<readonly LimitUse[]>;

type Read = readonly [number, number, number, number, number, number, number, number];

export function createUsage(
  redis: Commands,
  limitsOf: LimitsOf,
  sessions: Pick<OpenSessions, 'used'>,
): UsageOf {
  const read = scriptsBeside(import.meta.url, redis)('read-usage-7');
  return async (tenant) => {
    const limits = limitsOf(tenant);
    const keys = ['messages', 'bytes', 'connections', 'day', 'reserved', 'turns', 'operations'].map((name) =>
      quotaKey(tenant, name),
    );
    const [reply, open] = await Promise.all([
      read(...keys),
      limits.openSessions === undefined ? 0 : sessions.used(tenant),
    ]);
    const [messages, bytes, connections, tokens, costMicros, backInMs, turns, operations] =
      reply as unknown as Read; // safety: see the script
    const rate = (limit: RateName, fullInMs: number): readonly LimitUse[] => {
      const perMinute = limits[limit];
      return perMinute === undefined
        ? []
        : [useOf({ limit, perMinute, burst: burstOf(limits, limit) }, fullInMs)];
    };
    const count = (
      limit: 'openSessions' | 'connections' | 'runningTurns',
      used: number,
    ): readonly LimitUse[] => {
      const most = limits[limit];
      return most === undefined ? [] : [{ limit, most, used, left: Math.max(0, most - used) }];
    };
    return [
      ...rate('messagesPerMinute', messages),
      ...rate('messageBytesPerMinute', bytes),
      ...rate('operationsPerMinute', operations),
      ...count('openSessions', open),
      ...count('connections', connections),
      ...count('runningTurns', turns),
      ...dayUse(limits, { tokens, costMicros }, backInMs),
    ];
  };
}
