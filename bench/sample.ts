/** Reading the machine, and small statistics. */
import { existsSync, readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[at] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Kernel ticks of `/proc/<pid>/stat`, ms. Linux has had 100 a second on every architecture that Node runs on. */
const TICK_MS = 10;

/** CPU time that a process has used so far, ms; NaN where the kernel does not tell. */
export function cpuMs(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const stat = readFileSync(file, 'utf8');
  // The name in brackets may hold spaces; user and system time are fields 14 and 15 of the whole line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Calls that Redis has served so far, by command; those made inside scripts are counted too. */
export type RedisCalls = ReadonlyMap<string, number>;

export async function redisCalls(redis: Redis): Promise<RedisCalls> {
  const info = await redis.info('commandstats');
  const calls = new Map<string, number>();
  for (const [, command = '', count] of info.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
    calls.set(command, Number(count));
  }
  return calls;
}

/** How many more calls of a command there are in `after`. */
export function callsSince(before: RedisCalls, after: RedisCalls, command: string): number {
  return (after.get(command) ?? 0) - (before.get(command) ?? 0);
}

/** How many more calls there are in all, the scripts' own included. */
export function allCallsSince(before: RedisCalls, after: RedisCalls): number {
  let calls = 0;
  for (const command of after.keys()) calls += callsSince(before, after, command);
  return calls;
}
