/** The session log on Redis: the suite, and what only Redis has: keys, slots, time to live, scripts. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS, START, type SessionRef } from '../../src/contracts/index.ts';
import { checkServer, connectRedis, createRedisLog, type SessionLog } from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { logSuite } from '../conformance/log.suite.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { all, beginning, cancelled, completed, create, INFO, logged, message, of, STEP } from './drafts.ts';

const ignore = (): void => undefined;

/** What Redis Cluster hashes of a key: the part between the first `{` and the next `}`. */
const hashTag = (key: string): string | undefined => /\{([^}]+)\}/.exec(key)?.[1];

/** A connected log, as `src/main` makes it; `close` ends its connections. */
async function openLog(url: string, limits: { maxBytes?: number; ttlMs?: number } = {}) {
  const [commands, subscriber] = [connectRedis(url, ignore), connectRedis(url, ignore)];
  await Promise.all([commands.connect(), subscriber.connect()]);
  return {
    log: createRedisLog({ commands, subscriber, ...limits }),
    commands,
    close: () => {
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}

logSuite('Redis', async () => {
  const server = await startRedis();
  const [one, two] = await Promise.all([openLog(server.url), openLog(server.url)]);
  return {
    log: one.log,
    other: two.log,
    bounded: (maxBytes) => createRedisLog({ commands: one.commands, subscriber: one.commands, maxBytes }),
    lose: async ({ tenant, session }) => {
      const keys = await one.commands.keys(`convoke:{${tenant}:${session}}:*`);
      if (keys.length > 0) await one.commands.del(keys);
    },
    cleanup: async () => {
      one.close();
      two.close();
      await server.stop();
    },
  };
});

describe('keys', () => {
  const TTL_MS = 600_000;
  let server: TestRedis;
  let log: SessionLog;
  let redis: Redis;
  let close: () => void;
  let sessions = 0;
  const fresh = (): SessionRef => ({ tenant: 'acme', session: `k${++sessions}` });

  beforeAll(async () => {
    server = await startRedis();
    ({ log, commands: redis, close } = await openLog(server.url, { ttlMs: TTL_MS }));
  });
  afterAll(async () => {
    close();
    await server.stop();
  });

  /** Every key of the server has a time to live; answers the keys. */
  async function bounded(): Promise<string[]> {
    const keys = await redis.keys('*');
    for (const key of keys) {
      const ttl = await redis.pttl(key);
      if (ttl <= 0 || ttl > TTL_MS) throw new Error(`${key} has the time to live ${ttl}`);
    }
    return keys;
  }

  test('every key has a time to live after every kind of call', async () => {
    const ref = fresh();
    let known = await create(log, ref);
    await bounded();
    for (const owner of ['first', 'first', 'second']) {
      const begun = of('begun', await log.begin(ref, beginning(known, { owner })));
      await bounded();
      for (let offset = 0; offset < 3; offset += 1) {
        const piece = { step: STEP, attempt: begun.attempt, offset, text: 'x' };
        await log.delta(ref, piece);
        await log.delta(ref, { ...piece, part: 'reasoning' });
        await bounded();
      }
    }
    expect(await bounded()).toHaveLength(5);
    await log.append(ref, { known, drafts: [message('a'), cancelled()] });
    expect(await bounded()).toHaveLength(3);
    known = await log.rebuild(ref, { expected: known, epoch: 1, info: INFO, events: logged(1, 3) });
    await log.begin(ref, beginning(known, { step: 't9.1' }));
    known = { epoch: known.epoch, seq: 99 };
    await log.rebuild(ref, { expected: known, epoch: 1, info: INFO, events: [] });
    await log.rebuild(fresh(), { expected: null, epoch: 1, info: INFO, events: [] });
    await bounded();
  });

  test('so it is when the first event of an empty log is a restart', async () => {
    const ref = fresh();
    const known = await log.rebuild(ref, { expected: null, epoch: 1, info: INFO, events: [] });
    await log.begin(ref, beginning(known, { lead: [] }));
    await log.begin(ref, beginning(known, { lead: [], owner: 'second' }));
    expect(await all(log, ref)).toHaveLength(1);
    await bounded();
  });

  test('a write gives every key its full time again, the text of an open step with each delta', async () => {
    const ref = fresh();
    const known = await create(log, ref);
    await log.begin(ref, beginning(known));
    await log.delta(ref, { step: STEP, attempt: 1, offset: 0, text: 'x' });
    await log.delta(ref, { step: STEP, attempt: 1, offset: 0, text: 'hm', part: 'reasoning' });
    const keys = await redis.keys(`convoke:{acme:${ref.session}}:*`);
    const shorten = async (): Promise<void> => {
      for (const key of keys) await redis.pexpire(key, 1_000);
    };
    const left = async (name: string): Promise<number> => redis.pttl(keys.find((key) => key.endsWith(name))!);
    await shorten();
    await log.delta(ref, { step: STEP, attempt: 1, offset: 1, text: 'y' });
    await log.delta(ref, { step: STEP, attempt: 1, offset: 2, text: '!', part: 'reasoning' });
    for (const key of ['t', 'r']) expect(await left(`${key}:${STEP}`)).toBeGreaterThan(TTL_MS / 2);
    await shorten();
    await log.begin(ref, beginning(known));
    const full = async (...names: string[]): Promise<void> => {
      for (const name of names) expect(await left(name)).toBeGreaterThan(TTL_MS / 2);
    };
    await full('meta', 'log', 'ids', `t:${STEP}`, `r:${STEP}`);
    await shorten();
    await log.append(ref, { known, drafts: [] });
    await full('meta', 'log', 'ids');
    await shorten();
    await log.commit(ref, { known, step: STEP, attempt: 1, ends: [completed('x')] });
    await full('meta', 'log', 'ids');
  });

  test('an open step whose text is gone asks for it anew and leaves no key without an end', async () => {
    const ref = fresh();
    await log.begin(ref, beginning(await create(log, ref)));
    for (const [key, part] of [
      ['t', {}],
      ['r', { part: 'reasoning' }],
    ] as const) {
      const place = { step: STEP, attempt: 1, ...part };
      await log.delta(ref, { ...place, offset: 0, text: 'Hello' });
      await redis.del(`convoke:{acme:${ref.session}}:${key}:${STEP}`);
      const rest = { ...place, offset: 5, text: ' world' };
      expect(await log.delta(ref, rest)).toEqual({ status: 'offset', offset: 0 });
      await log.delta(ref, { ...place, offset: 0, text: 'Hello world' });
    }
    const open = [{ text: 'Hello world', reasoning: 'Hello world' }];
    expect((await log.read(ref, { limit: 1 }))?.open).toMatchObject(open);
    await bounded();
  });

  test.each(['log', 'ids'])(
    'a session that lost its %s key alone is lost, and is built anew',
    async (name) => {
      const ref = fresh();
      const known = await create(log, ref);
      await redis.del(`convoke:{acme:${ref.session}}:${name}`);
      expect(await log.read(ref, { limit: 1 })).toBeNull();
      expect(await log.append(ref, { known, drafts: [message('a')] })).toEqual({ status: 'lost' });
      expect(await log.begin(ref, beginning(known))).toEqual({ status: 'lost' });
      const commit = { known, step: STEP, attempt: 1, ends: [completed('x')] };
      expect(await log.commit(ref, commit)).toEqual({ status: 'lost' });
      const epoch = known.epoch + 1;
      const input = { expected: START, epoch: 1, info: INFO, events: logged(1, 2) };
      expect(await log.rebuild(ref, input)).toEqual({ epoch, seq: 2 });
      expect((await log.read(ref, { limit: 1 }))?.position).toEqual({ epoch, seq: 2 });
    },
  );

  test('all keys and the channel of a session are in one slot, whatever the step is called', async () => {
    const ref = { tenant: 'acme-2', session: 'one_A' };
    const known = await create(log, ref);
    for (const step of ['t1.1', 't1.2', '{x}', 'a:b}']) {
      await log.begin(ref, beginning(known, { step }));
      await log.delta(ref, { step, attempt: 1, offset: 0, text: 'x' });
      await log.delta(ref, { step, attempt: 1, offset: 0, text: 'hm', part: 'reasoning' });
    }
    const keys = await redis.keys('convoke:{acme-2:one_A}:*');
    expect(keys).toHaveLength(11);
    expect(new Set([...keys, 'convoke:{acme-2:one_A}:ch'].map(hashTag))).toEqual(new Set(['acme-2:one_A']));
  });

  test('room that nobody gives back ends with its time; the key of those who wait has one too', async () => {
    const ref = fresh();
    const { inbox } = logKeys(ref);
    const hour = LIMITS.inboxTtlMs;
    await redis.hset(inbox, 'over', `${LIMITS.inboxBytes} ${Date.now() - 1}`);
    await redis.hset(inbox, 'waits', `10 ${Date.now() + hour}`);
    expect(await log.admit(ref, { messageId: 'over', bytes: 20 })).toEqual({ status: 'ok' });
    const left = await redis.pttl(inbox);
    expect(left).toBeLessThanOrEqual(hour);
    expect(left).toBeGreaterThan(hour - 60_000);
    const [size, till] = (await redis.hget(inbox, 'over'))!.split(' ').map(Number);
    expect(size).toBe(20);
    expect(Math.abs(till! - Date.now() - hour)).toBeLessThan(60_000);
    expect(await log.admit(ref, { messageId: 'm', bytes: LIMITS.inboxBytes })).toEqual({
      ...{ status: 'full', messages: 2, bytes: 30 },
    });
    await log.release(ref, ['waits', 'over']);
    expect(await redis.exists(inbox)).toBe(0);
  });

  test('a Redis that is full refuses what is new whole, and lets a step end', async () => {
    const ref = fresh();
    const known = await create(log, ref);
    await log.begin(ref, beginning(known));
    await log.delta(ref, { step: STEP, attempt: 1, offset: 0, text: 'Hello' });
    const before = await log.read(ref, { after: 0, limit: 10 });
    await redis.config('SET', 'maxmemory', '1');
    const calls = [
      log.append(ref, { known, drafts: [message('a')] }),
      log.begin(ref, beginning(known, { owner: 'second' })),
      log.delta(ref, { step: STEP, attempt: 1, offset: 5, text: '!' }),
    ];
    const told = calls.map((call) => expect(call).rejects.toMatchObject({ code: 'log_unavailable' }));
    await Promise.all(told);
    expect(await log.read(ref, { after: 0, limit: 10 })).toEqual(before);
    const end = of('ok', await log.append(ref, { known, drafts: [cancelled()] }));
    expect(end.events).toMatchObject([{ seq: 3, data: { text: 'Hello' } }]);
    await redis.config('SET', 'maxmemory', '0');
    await bounded();
  });

  test('scripts that the server has forgotten are sent again', async () => {
    const ref = fresh();
    const known = await create(log, ref);
    for (let round = 0; round < 2; round += 1) {
      await redis.script('FLUSH');
      of('ok', await log.append(ref, { known, drafts: [message(`m${round}`)] }));
      await redis.script('FLUSH');
      of('begun', await log.begin(ref, beginning(known)));
      await redis.script('FLUSH');
      of('ok', await log.delta(ref, { step: STEP, attempt: 1, offset: 0, text: 'Hello' }));
    }
    expect(await all(log, ref)).toHaveLength(4);
  });

  test('a log that trims more than it can find does not hold Redis up', async () => {
    const ref = fresh();
    const known = await create(log, ref);
    await redis.hset(`convoke:{acme:${ref.session}}:meta`, { b: 999_999_999, s: 50 });
    of('ok', await log.append(ref, { known, drafts: [message('a')] }));
    expect(await redis.ping()).toBe('PONG');
  });

  test.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random'])(
    'a Redis that evicts (%s) is refused',
    async (policy) => {
      await redis.config('SET', 'maxmemory-policy', policy);
      await expect(checkServer(redis)).rejects.toMatchObject({
        code: 'log_unavailable',
        message: `Redis evicts keys (maxmemory-policy ${policy}); set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction`,
      });
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      await checkServer(redis);
    },
  );

  test('a Redis that does not tell its policy is accepted', async () => {
    await redis.call('ACL', 'SETUSER', 'managed', 'on', 'nopass', '+@all', '-config', '~*', '&*');
    const managed = new Redis(server.url, { username: 'managed', password: 'any', lazyConnect: true });
    await managed.connect();
    await checkServer(managed);
    managed.disconnect();
  });
});
