/** All that a Redis is told, and all that it holds, as text. */
import { Redis } from 'ioredis';
import { eventually } from './process.ts';

export interface Monitored {
  /** What was told, once that is true of a command and its arguments. */
  upTo(isLast: (command: string) => boolean): Promise<string>;
  stop(): Promise<void>;
}

/** Every command from now on with its arguments, also of scripts: so also what is published. */
export async function monitored(url: string): Promise<Monitored> {
  const redis = new Redis(url);
  const seen: string[] = [];
  const monitor = await redis.monitor();
  monitor.on('monitor', (_time: string, args: readonly string[]) => seen.push(args.join(' ')));
  return {
    async upTo(isLast) {
      await eventually('the monitor has seen it', () => seen.some(isLast));
      return seen.join('\n');
    },
    async stop() {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}

/** The values of all keys that match. */
export async function contentOf(redis: Redis, pattern: string): Promise<string> {
  const found: unknown[] = [];
  for (const key of await redis.keys(pattern)) {
    const type = await redis.type(key);
    if (type === 'string') found.push(await redis.get(key));
    else if (type === 'hash') found.push(await redis.hgetall(key));
    else if (type === 'stream') found.push(await redis.xrange(key, '-', '+'));
    else if (type === 'zset') found.push(await redis.zrange(key, '0', '-1'));
    else throw new Error(`${key} is a ${type}`);
  }
  // Not as JSON, which would put a backslash before quotes.
  return found.map((value) => JSON.stringify(value).replaceAll('\\"', '"')).join('\n');
}
