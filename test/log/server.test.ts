/** The Redis server behind the log: too old, full, and how long a log stays in it. */
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventId, LIMITS, type EventDraft, type SessionRef } from '../../src/contracts/index.ts';
import {
  checkServer,
  connectRedis,
  createRedisLog,
  createTicketRows,
  type SessionLog,
} from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { AT, create, INFO, message } from './drafts.ts';

describe('the server', () => {
  let server: TestRedis;
  let redis: ReturnType<typeof connectRedis>;
  let log: SessionLog;
  let sessions = 0;
  const fresh = (): SessionRef => ({ tenant: 'acme', session: `k${++sessions}` });

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, () => undefined);
    await redis.connect();
    log = createRedisLog({ commands: redis, subscriber: redis });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  test('a Redis that is too old is refused; one that does not tell its version is not', async () => {
    const telling = (version: string) => ({
      info: async () => version,
      config: async () => ['maxmemory-policy', 'noeviction'],
    });
    await expect(checkServer(telling('# Server\r\nredis_version:6.2.14\r\n') as never)).rejects.toMatchObject(
      {
        message: 'Redis 6.2.14 is too old; use Redis 7 or newer, or Valkey.',
      },
    );
    await checkServer(telling('# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\n') as never);
    await checkServer(telling('') as never);
  });

  test('a ticket is taken once, of however many who ask at once, and ends by itself', async () => {
    const rows = createTicketRows(redis);
    await rows.keep('t1', 'ana', LIMITS.ticketMs);
    const [key = ''] = await redis.keys('convoke:ticket:*');
    const left = await redis.pttl(key);
    expect([left > 0, left <= LIMITS.ticketMs]).toEqual([true, true]);
    const second = connectRedis(server.url, () => undefined);
    await second.connect();
    const [one, two] = [rows.take('t1'), createTicketRows(second).take('t1')];
    expect((await Promise.all([one, two])).sort()).toEqual(['ana', null]);
    second.disconnect();
    await expect(rows.take('t1')).resolves.toBeNull();
  });

  test('a log of a closed session, also one that was built anew, expires sooner', async () => {
    const [first, again] = [fresh(), fresh()];
    const left = (ref: SessionRef): Promise<number> => redis.pttl(logKeys(ref).log);
    const known = await create(log, first);
    expect(await left(first)).toBeGreaterThan(LIMITS.closedLogTtlMs);
    const at = { at: AT, data: { reason: 'asked' } };
    const closed: EventDraft = { id: eventId.sessionClosed(), type: 'session.closed', ...at };
    await log.append(first, { known, drafts: [closed] });
    expect(await left(first)).toBeLessThanOrEqual(LIMITS.closedLogTtlMs);
    const events = [{ ...closed, seq: 1 }];
    await log.rebuild(again, { expected: null, epoch: 1, info: INFO, events });
    expect(await left(again)).toBeLessThanOrEqual(LIMITS.closedLogTtlMs);
  });

  test('a full Redis is named, and its error holds no text of a message', async () => {
    const ref = fresh();
    const known = await create(log, ref);
    let told = 0;
    const full = createRedisLog({ commands: redis, subscriber: redis, onFull: () => (told += 1) });
    await redis.config('SET', 'maxmemory', '1');
    const append = full.append(ref, { known, drafts: [message('m', 'SECRET')] });
    const error = await append.catch((refused: unknown) => refused);
    await redis.config('SET', 'maxmemory', '0');
    expect(error).toMatchObject({ code: 'log_unavailable', message: expect.stringContaining('full') });
    expect(told).toBe(1);
    expect(inspect(error, { depth: 20, showHidden: true, maxArrayLength: null })).not.toContain('SECRET');
  });
});
