/** A server that fell back: a promoted replica, or a restart from an older snapshot. A position names one event for ever. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from '@jest/globals';
import { START, type LoggedEvent, type Position, type SessionRef } from '../../src/contracts/index.ts';
import { createRedisLog, recoverLog } from '../../src/log/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { beginning, completed, create, created, INFO, message, of, speaking, STEP, TURN } from './drafts.ts';

const REF: SessionRef = { tenant: 'acme', session: 'one' };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** In a folder of its own: a replica writes what it copies to a file. */
async function server(): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'convoke-redis-'));
  ends.push(() => rm(dir, { recursive: true }));
  const started = await startRedis(['--dir', dir, '--repl-diskless-sync-delay', '0']);
  ends.push(() => started.stop());
  return started;
}

/** Not by `connectRedis`, which leaves a replica. */
async function connected(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true });
  redis.on('error', () => undefined);
  await redis.connect();
  ends.push(async () => {
    redis.disconnect();
  });
  return redis;
}

async function logOn({ url }: TestRedis): Promise<{ readonly redis: Redis; readonly log: SessionLog }> {
  const redis = await connected(url);
  return { redis, log: createRedisLog({ commands: redis, subscriber: redis }) };
}

/** Which event each position was seen to name; two for one is the failure that these tests are about. */
class Seen {
  readonly #names = new Map<string, string>();

  add({ epoch }: Position, events: readonly LoggedEvent[]): void {
    for (const { seq, id } of events) {
      const place = `${epoch}:${seq}`;
      expect([place, id]).toEqual([place, this.#names.get(place) ?? id]);
      this.#names.set(place, id);
    }
  }

  async read(log: SessionLog): Promise<void> {
    const slice = await log.read(REF, { after: 0, limit: 100 });
    if (slice) this.add(slice.position, slice.events);
  }
}

/** What the workflow holds: the session's creation only. */
const source: SessionSource = {
  known: async () => ({
    ...{ info: INFO, known: START, archivedTo: 0, events: [{ ...created(), seq: 1 }], pending: [] },
  }),
  archived: async () => [],
  session: async () => null,
};

/** Appends as every writer does: a log that is not whole is built anew first. */
async function write(log: SessionLog, known: Position, id: string): Promise<Position> {
  const reply = await log.append(REF, { known, drafts: [message(id)] });
  if (reply.status === 'ok') return reply.position;
  return write(log, await recoverLog(log, source, REF, known), id);
}

/** A master and its replica; `cut` ends replication without a word to the master, `promote` makes the replica a master. */
async function pair() {
  const [first, second] = [await server(), await server()];
  const [master, replica] = [await logOn(first), await logOn(second)];
  const follow = async (redis: Redis, port: number): Promise<void> => {
    await redis.replicaof('127.0.0.1', port);
    await eventually('the replica follows', async () =>
      (await redis.info('replication')).includes('master_link_status:up'),
    );
  };
  await follow(replica.redis, first.port);
  return {
    ...{ master, replica },
    caughtUp: () => master.redis.wait(1, 5_000),
    cut: () => replica.redis.replicaof('127.0.0.1', 1),
    promote: ({ redis }: { readonly redis: Redis }) => redis.replicaof('NO', 'ONE'),
    demote: () => follow(master.redis, second.port),
  };
}

describe('a replica that is promoted', () => {
  test('after the master took writes that never reached it, no position is given again', async () => {
    const { master, replica, caughtUp, cut, promote } = await pair();
    const seen = new Seen();
    const known = await write(master.log, await create(master.log, REF), 'a');
    expect(await caughtUp()).toBe(1);
    await cut();
    const { epoch } = await write(master.log, known, 'never replicated');
    await seen.read(master.log);
    await promote(replica);
    // This writer has not heard of the event that was lost, so it cannot tell that the log is behind.
    const after = await write(replica.log, known, 'b');
    await seen.read(replica.log);
    expect(after.epoch).toBeGreaterThan(epoch);
    expect(await replica.log.heads([REF])).toEqual([after]);
  });

  test('nothing is written to the log that it copied, and nobody reads it', async () => {
    const { master, replica, caughtUp, cut, promote } = await pair();
    const known = await speaking(master.log, REF, 'Hello');
    expect(await caughtUp()).toBe(1);
    await cut();
    await promote(replica);
    const { log } = replica;
    const lost = { status: 'lost' };
    expect(await log.append(REF, { known, drafts: [message('a')] })).toEqual(lost);
    const closes = { turn: TURN, end: { type: 'step.cancelled', at: 1, data: { reason: 'asked' } } } as const;
    expect(await log.append(REF, { known, drafts: [], closes })).toEqual(lost);
    expect(await log.begin(REF, beginning(known))).toEqual(lost);
    const commit = { known, step: STEP, attempt: 1, ends: [completed('Hello')] };
    expect(await log.commit(REF, commit)).toEqual(lost);
    expect(await log.read(REF, { limit: 9 })).toBeNull();
    expect(await log.heads([REF, { ...REF, session: 'two' }])).toEqual([null, null]);
    // The text of an attempt is the same on both; once the log is built anew it has to begin again.
    const piece = { step: STEP, attempt: 1, offset: 5, text: '!' };
    expect(await log.delta(REF, piece)).toEqual({ status: 'ok' });
    const position = await recoverLog(log, source, REF, known);
    expect(await log.delta(REF, piece)).toEqual({ status: 'closed' });
    expect(await recoverLog(log, source, REF, known)).toEqual(position);
    expect(await log.heads([REF])).toEqual([position]);
  });

  test('a master that is demoted and promoted again has lost its tail, though its process never ended', async () => {
    const { master, replica, caughtUp, cut, promote, demote } = await pair();
    const seen = new Seen();
    const known = await write(master.log, await create(master.log, REF), 'a');
    expect(await caughtUp()).toBe(1);
    await cut();
    await write(master.log, known, 'never replicated');
    await seen.read(master.log);
    await promote(replica);
    await demote();
    await promote(master);
    await write(master.log, known, 'b');
    await seen.read(master.log);
    expect((await master.log.read(REF, { limit: 9 }))?.events.at(-1)?.id).toBe(message('b').id);
  });
});

test('a restart from a snapshot that is older than what was acknowledged gives no position again', async () => {
  const redis = await server();
  const { log, redis: connection } = await logOn(redis);
  const seen = new Seen();
  const known = await write(log, await create(log, REF), 'a');
  await connection.save();
  await write(log, known, 'after the snapshot');
  await seen.read(log);
  await redis.kill();
  await redis.start();
  await eventually('Redis is back', async () => (await connection.dbsize().catch(() => 0)) > 0);
  expect(await log.heads([REF])).toEqual([null]);
  expect((await write(log, known, 'b')).epoch).toBeGreaterThan(known.epoch);
  await seen.read(log);
});

test('a reconnection to the same server is no new life', async () => {
  const redisAt = await server();
  const { log, redis } = await logOn(redisAt);
  const known = await create(log, REF);
  redis.disconnect(true);
  await eventually('it is connected again', async () => (await log.heads([REF]).catch(() => [])).length > 0);
  expect(await log.heads([REF])).toEqual([known]);
  of('ok', await log.append(REF, { known, drafts: [message('a')] }));
});

test('a server that does not tell which it is serves as before', async () => {
  const redis = await server();
  const admin = await connected(redis.url);
  await admin.call('ACL', 'SETUSER', 'shy', 'on', '>any', '+@all', '-info', '~*', '&*');
  const shy = new Redis(redis.url.replace('//', '//shy:any@'), { enableReadyCheck: false });
  ends.push(async () => shy.disconnect());
  const log = createRedisLog({ commands: shy, subscriber: shy });
  const known = await speaking(log, REF, 'Hello');
  expect(await log.heads([REF])).toEqual([known]);
  of('ended', await log.commit(REF, { known, step: STEP, attempt: 1, ends: [completed('Hello')] }));
  expect((await log.read(REF, { limit: 9 }))?.position.seq).toBe(known.seq + 1);
});
