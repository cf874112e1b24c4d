/** Erasing the log of a session. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { START } from '../../src/contracts/index.ts';
import { connectRedis, createLogEraser, createRedisLog, type SessionLog } from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { eventually } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { beginning, create, INFO, logged, message, of, STEP } from './drafts.ts';

const ignore = (): void => undefined;

let server: TestRedis;
let redis: Redis;
let subscriber: Redis;
let log: SessionLog;
beforeAll(async () => {
  server = await startRedis();
  [redis, subscriber] = [connectRedis(server.url, ignore), connectRedis(server.url, ignore)];
  await Promise.all([redis.connect(), subscriber.connect()]);
  log = createRedisLog({ commands: redis, subscriber });
});
afterAll(async () => {
  redis.disconnect();
  subscriber.disconnect();
  await server.stop();
});

test('an erased log holds nothing, tells who follows it, and is not made again by whoever had read it', async () => {
  const ref = { tenant: 'acme', session: 'erased' };
  const known = await create(log, ref);
  const begun = of('begun', await log.begin(ref, beginning(known, { owner: 'one' })));
  await log.delta(ref, { step: STEP, attempt: begun.attempt, offset: 0, text: 'secret' });
  await log.admit(ref, { messageId: 'm', bytes: 10 });
  await redis.hset(logKeys(ref).reads, 'ana', 3);
  const heard: number[] = [];
  const listener = { event: ignore, delta: ignore, reconnected: ignore };
  const stop = await log.subscribe(ref, { ...listener, epoch: (epoch) => void heard.push(epoch) });
  const erase = createLogEraser(redis);
  const erased = await erase(ref);
  expect(erased.keys).toBe(6);
  expect(erased.events).toBeGreaterThan(1);
  expect(await erase(ref)).toEqual({ events: 0, keys: 0 });
  await eventually('it is told', () => heard.length > 0 && heard[0]! > known.epoch);
  await stop();
  const { meta } = logKeys(ref);
  expect(await redis.keys(`${meta.replace(/meta$/, '')}*`)).toEqual([meta]);
  // Everybody who writes to it, or makes it of what was read before.
  expect(await log.append(ref, { known, drafts: [message('late')] })).toEqual({ status: 'lost' });
  expect(await log.begin(ref, beginning(known, { owner: 'late' }))).toEqual({ status: 'lost' });
  const piece = { step: STEP, attempt: begun.attempt, offset: 6, text: 'x' };
  expect(await log.delta(ref, piece)).toEqual({ status: 'lost' });
  const made = { expected: null, epoch: Date.now(), info: INFO, events: logged(1, 3) };
  expect(await log.rebuild(ref, made)).toEqual(START);
  await expect(create(log, ref)).rejects.toThrow();
  expect(await log.read(ref, { limit: 10 })).toBeNull();
  await redis.del(meta);
});
