/** The session log while Redis is silent, cut off or gone: calls fail in time, nothing hangs, and everything comes back. */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS, START, type Position } from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog, type SessionLog } from '../../src/log/index.ts';
import { recorder } from '../conformance/log-hearing.suite.ts';
import { eventually } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { all, beginning, completed, create, created, INFO, message, of, STEP } from './drafts.ts';

const REF = { tenant: 'acme', session: 'one' };
/** What a call may take beyond `LIMITS.redisTimeoutMs` on a busy machine, ms. */
const A_BIT_MS = 1_500;

let server: TestRedis;
let admin: Redis;
let commands: Redis;
let subscriber: Redis;
let log: SessionLog;
let known: Position;

beforeEach(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
  admin.on('error', () => undefined);
  [commands, subscriber] = [
    connectRedis(server.url, () => undefined),
    connectRedis(server.url, () => undefined),
  ];
  await Promise.all([commands.connect(), subscriber.connect()]);
  log = createRedisLog({ commands, subscriber });
  known = await create(log, REF);
});
afterEach(async () => {
  for (const redis of [admin, commands, subscriber]) redis.disconnect();
  await server.stop();
});

/** One of every kind of call. */
function calls(): readonly Promise<unknown>[] {
  const delta = { step: STEP, attempt: 1, offset: 0, text: 'x' };
  return [
    log.append(REF, { known, drafts: [message('a')] }),
    log.begin(REF, beginning(known)),
    log.delta(REF, delta),
    log.commit(REF, { known, step: STEP, attempt: 1, ends: [completed('x')] }),
    log.read(REF, { limit: 1 }),
    log.rebuild(REF, { expected: known, epoch: 1, info: INFO, events: [] }),
    log.heads([REF]),
    log.admit(REF, { messageId: 'a', bytes: 1 }),
    log.release(REF, ['a']),
    log.subscribe({ ...REF, session: 'two' }, recorder().listener),
  ];
}

async function allFail(): Promise<number> {
  const from = Date.now();
  const made = calls();
  await Promise.all(made.map((call) => expect(call).rejects.toMatchObject({ code: 'log_unavailable' })));
  return Date.now() - from;
}

const answers = (): Promise<void> =>
  eventually('the log answers', async () => (await log.heads([REF])).length === 1);

describe('an outage', () => {
  test('a Redis that is gone: calls fail at once; an empty one that takes its place is used', async () => {
    await server.kill();
    await eventually(
      'the loss is noticed',
      () => commands.status !== 'ready' && subscriber.status !== 'ready',
    );
    expect(await allFail()).toBeLessThan(A_BIT_MS);
    await server.start();
    await answers();
    expect(await log.heads([REF])).toEqual([null]);
    expect(await log.append(REF, { known, drafts: [message('a')] })).toEqual({ status: 'lost' });
    of('ok', await log.append(REF, { known: START, drafts: [created()] }));
  });

  test('calls under way when Redis is killed do not hang', async () => {
    const made = Promise.allSettled([...calls(), ...calls()]);
    await server.kill();
    const from = Date.now();
    for (const each of await made) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'log_unavailable' });
    }
    expect(Date.now() - from).toBeLessThan(LIMITS.redisTimeoutMs + A_BIT_MS);
  });

  test('a silent Redis: calls fail in time, and what it did meanwhile was done once', async () => {
    const pid = Number(/process_id:(\d+)/.exec(await admin.info('server'))?.[1]);
    process.kill(pid, 'SIGSTOP');
    try {
      for (let round = 0; round < 2; round += 1) {
        expect(await allFail()).toBeLessThan(LIMITS.redisTimeoutMs + A_BIT_MS);
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await answers();
    of('ok', await log.append(REF, { known: START, drafts: [message('a'), message('a')] }));
    const events = await all(log, REF);
    expect(events.filter(({ id }) => id === message('a').id)).toHaveLength(1);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  test.each(['normal', 'pubsub'])('connections that are cut (%s) come back', async (type) => {
    const { heard, listener } = recorder();
    await log.subscribe(REF, listener);
    await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    await answers();
    if (type === 'pubsub') await eventually('followers are told', () => heard.length > 0);
    expect(heard).toEqual(type === 'pubsub' ? [['reconnected']] : []);
    of('ok', await log.append(REF, { known, drafts: [message('a')] }));
    await eventually('the event is heard', () => heard.length === (type === 'pubsub' ? 2 : 1));
  });

  test('after a follower was told of the reconnection, it misses nothing', async () => {
    const { heard, listener } = recorder();
    let appended: Promise<unknown> | null = null;
    let told = 0;
    const telling = {
      ...listener,
      reconnected: () => {
        appended = log.append(REF, { known, drafts: [message(`at once ${told}`)] });
      },
    };
    const stop = await log.subscribe(REF, telling);
    for (let round = 1; round <= 5; round += 1) {
      appended = null;
      told = round;
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually('it is told', () => appended !== null);
      await eventually(
        'the event is heard',
        () => heard.filter((each) => kindOf(each) === 'event').length === round,
      );
    }
    await stop();
  });

  test('a subscription that was ended while Redis was away is not taken up again', async () => {
    const { heard, listener } = recorder();
    const stop = await log.subscribe(REF, listener);
    await server.kill();
    await eventually('the loss is noticed', () => subscriber.status !== 'ready');
    await stop();
    await server.start();
    await answers();
    await eventually('the subscriber is back', () => subscriber.status === 'ready');
    await subscriber.ssubscribe('another'); // whatever was sent before this has been done
    expect(await admin.pubsub('SHARDCHANNELS', '*')).toEqual(['another']);
    await subscriber.sunsubscribe('another');
    known = await create(log, REF);
    const again = recorder();
    const stopAgain = await log.subscribe(REF, again.listener);
    of('ok', await log.append(REF, { known, drafts: [message('a')] }));
    await eventually('the event is heard', () => again.heard.some((each) => kindOf(each) === 'event'));
    expect(heard).toEqual([]);
    await stopAgain();
    expect(await admin.pubsub('SHARDCHANNELS', '*')).toEqual([]);
  });
});

describe('notices', () => {
  test('what strangers publish on the channel and does not parse is dropped', async () => {
    const { heard, listener } = recorder();
    await log.subscribe(REF, listener);
    const garbage = [
      '',
      'E',
      'E 1',
      'E 1 2',
      'E 1 2 {',
      'E x 2 {}',
      'E 1 -2 {}',
      'D',
      'D 1 s 1 0',
      'D 1 s x 0 t',
      'R',
      'R x',
      'X 1',
    ];
    for (const notice of garbage) await admin.spublish('convoke:{acme:one}:ch', notice);
    of('ok', await log.append(REF, { known, drafts: [message('a')] }));
    await eventually('the event is heard', () => heard.length > 0);
    expect(heard).toEqual([['event', known.epoch, { ...message('a'), seq: 2 }]]);
  });
});

function kindOf(heard: unknown): unknown {
  return Array.isArray(heard) ? heard[0] : undefined;
}
