/** Connections that stay open and are of no use: silent ones, and those to a master that has been demoted. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { LIMITS, START, type Position } from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog, type SessionLog } from '../../src/log/index.ts';
import { openAdapterConnections, type AdapterConnections } from '../../src/main/control.ts';
import { recorder } from '../conformance/log-hearing.suite.ts';
import { eventually } from '../support/process.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { create, created, message, of } from './drafts.ts';

const REF = { tenant: 'acme', session: 'one' };
const FOUND_WITHIN_MS = 5_000;
/** Commands and notices, of the log and of the adapter. */
const CONNECTIONS = 4;

let server: TestRedis;
let proxy: TestProxy;
let open: Redis[];
let adapting: AdapterConnections;
let log: SessionLog;
let known: Position;
/** What the connections have told. */
let told: string[];

const onError = (error: Error): void => void told.push(error.message);

beforeEach(async () => {
  told = [];
  server = await startRedis();
  proxy = await startProxy(server);
  const url = `redis://127.0.0.1:${proxy.port}`;
  const [commands, subscriber] = [connectRedis(url, onError), connectRedis(url, onError)];
  open = [commands, subscriber];
  await Promise.all(open.map((redis) => redis.connect()));
  adapting = await openAdapterConnections(url, { failing: (reason) => void told.push(reason) });
  log = createRedisLog({ commands, subscriber });
  known = await create(log, REF);
});
afterEach(async () => {
  for (const redis of open) redis.disconnect();
  adapting.close();
  await proxy.stop();
  await server.stop();
});

/** What the Socket.IO adapter does: it publishes and hears, and looks at no result. */
async function control(): Promise<{ publish(text: string): void; heard(): readonly string[] }> {
  const { publisher, subscriber } = adapting;
  const heard: string[] = [];
  subscriber.on('smessageBuffer', (_channel, text) => heard.push(text.toString()));
  subscriber.ssubscribe('control');
  const publish = (text: string): void => void publisher.spublish('control', text).catch(() => undefined);
  await eventually('it is heard', () => {
    publish('first');
    return heard.length > 0;
  });
  return { publish, heard: () => heard };
}

/** One line for each connection of a server. */
async function clients(redis: Redis): Promise<readonly string[]> {
  return String(await redis.call('CLIENT', 'LIST'))
    .trim()
    .split('\n');
}

const answers = (): Promise<boolean> => log.heads([REF]).then(() => true);
const isTold = (heard: readonly unknown[]): boolean =>
  heard.some((each) => (each as unknown[])[0] === 'reconnected');
const hearsEvent = (heard: readonly unknown[]): boolean =>
  heard.some((each) => (each as unknown[])[0] === 'event');

describe('a connection that is silent but open', () => {
  test('is replaced, whoever it is for, and what was missed is known to be missed', async () => {
    const { heard, listener } = recorder();
    await log.subscribe(REF, listener);
    const adapter = await control();
    proxy.freeze('open');
    const from = performance.now();
    // What somebody else says meanwhile.
    const other = connectRedis(server.url, () => undefined);
    open.push(other);
    await other.connect();
    of(
      'ok',
      await createRedisLog({ commands: other, subscriber: other }).append(REF, {
        known,
        drafts: [message('a')],
      }),
    );
    await eventually('commands are answered', answers);
    await eventually('followers are told to look', () => isTold(heard));
    await eventually('control traffic passes', () => {
      adapter.publish('hello');
      return adapter.heard().includes('hello');
    });
    const ms = performance.now() - from;
    expect(ms).toBeGreaterThan(LIMITS.redisSilenceMs);
    expect(ms).toBeLessThan(FOUND_WITHIN_MS);
    expect(hearsEvent(heard)).toBe(false);
    of('ok', await log.append(REF, { known, drafts: [message('b')] }));
    await eventually('the next event is heard', () => hearsEvent(heard));
  });

  test('of a server that is silent to everybody comes back when it does', async () => {
    const { heard, listener } = recorder();
    await log.subscribe(REF, listener);
    proxy.freeze();
    await eventually('all connections are given up', () => open.every(({ status }) => status !== 'ready'));
    await expect(log.heads([REF])).rejects.toMatchObject({ code: 'log_unavailable' });
    proxy.thaw();
    await eventually('commands are answered', answers);
    await eventually('followers are told to look', () => isTold(heard));
  });

  test('one that has nothing to say is not silent', async () => {
    const admin = open[0]!;
    const ids = async (): Promise<readonly string[]> =>
      (await clients(admin)).map((line) => line.split(' ')[0] ?? '').sort();
    const looks = async (): Promise<number> =>
      Number(/cmdstat_info:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1]);
    const [before, from] = [await ids(), await looks()];
    const needed = (LIMITS.redisSilenceMs / LIMITS.redisLookMs) * CONNECTIONS;
    let asked = 0; // by this test
    await eventually('each would have been replaced', async () => (await looks()) - from - ++asked > needed);
    expect(await ids()).toEqual(before);
  });
});

describe('a master that is demoted while its address leads to another one', () => {
  let next: TestRedis;
  beforeEach(async () => {
    next = await startRedis();
  });
  afterEach(() => next.stop());

  test('is left by every connection', async () => {
    const { heard, listener } = recorder();
    await log.subscribe(REF, listener);
    const adapter = await control();
    told = [];
    const admin = new Redis(server.url);
    await admin.replicaof('127.0.0.1', next.port);
    admin.disconnect();
    proxy.leadTo(next.port);
    await eventually('writes are taken', async () => {
      const reply = await log.append(REF, { known: START, drafts: [created()] });
      return reply.status === 'ok';
    });
    await eventually('followers are told to look', () => isTold(heard));
    await eventually('control traffic passes', () => {
      adapter.publish('hello');
      return adapter.heard().includes('hello');
    });
    const moved = new Redis(next.url);
    await eventually('all have moved', async () => {
      return (await clients(moved)).filter((line) => / flags=[NP] /.test(line)).length > CONNECTIONS;
    });
    moved.disconnect();
    of('ok', await log.append(REF, { known: (await log.heads([REF]))[0]!, drafts: [message('a')] }));
    await eventually('the next event is heard', () => hearsEvent(heard));
  });

  test('is said to be one, and looked for again, while the address still leads to it', async () => {
    told = [];
    const admin = new Redis(server.url);
    await admin.replicaof('127.0.0.1', next.port);
    await eventually('it is said', () => told.some((text) => text.includes('replica')));
    await eventually(
      'it is looked for again',
      () => told.filter((text) => text.includes('replica')).length > 4,
    );
    await admin.replicaof('NO', 'ONE');
    admin.disconnect();
    await eventually('commands are answered', answers);
  });
});
