/** The session log of a deployment with keys: nothing of what is said passes Redis in the clear, and whoever has the key reads all of it. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSqliteArchive, type SharedArchive } from '../../src/archive/index.ts';
import { LIMITS, type LoggedEvent, type Seal, type SessionRef } from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog, type SessionLog } from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { Keyring } from '../../src/seal/index.ts';
import { recorder } from '../conformance/log-hearing.suite.ts';
import { contentOf, monitored } from '../support/redis-content.ts';
import { eventually } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import {
  all,
  AT,
  beginning,
  CANCEL,
  cancelled,
  completed,
  create,
  created,
  INFO,
  joined,
  message,
  of,
  STEP,
  TURN,
  turnCancelled,
} from './drafts.ts';

const SECRET = 'the-heron-flies-at-noon';
const MASTERS = [{ id: 'master', secret: randomBytes(32) }];
const ignore = (): void => undefined;

let archive: SharedArchive;
let server: TestRedis;
const connections: Redis[] = [];
beforeAll(async () => {
  [archive, server] = await Promise.all([createSqliteArchive(':memory:'), startRedis()]);
});
afterAll(async () => {
  for (const each of connections) each.disconnect();
  await Promise.all([archive.close(), server.stop()]);
});

const keyring = (): Keyring => new Keyring(archive.database, MASTERS);

async function connection(): Promise<Redis> {
  const redis = connectRedis(server.url, ignore);
  connections.push(redis);
  await redis.connect();
  return redis;
}

/** A log as a process has it; null: one without keys. */
async function logWith(seal: Seal | null, limits: { maxBytes?: number } = {}): Promise<SessionLog> {
  return createRedisLog({ commands: await connection(), subscriber: await connection(), seal, ...limits });
}

describe('a sealed log', () => {
  let sealed: SessionLog;
  let clear: SessionLog;
  let redis: Redis;
  let sessions = 0;
  const fresh = (tenant = 'sealed'): SessionRef => ({ tenant, session: `x${++sessions}` });
  const place = { step: STEP, attempt: 1 };

  beforeAll(async () => {
    [sealed, clear, redis] = await Promise.all([logWith(keyring()), logWith(null), connection()]);
  });

  /** Everything that a log is told, with the secret in each part that people, agents or applications fill. Answers all that is read and heard. */
  async function talk(log: SessionLog, ref: SessionRef): Promise<unknown> {
    const { heard, listener } = recorder();
    const stop = await log.subscribe(ref, listener);
    const opening = created();
    const agents = [{ ...INFO.agents[0]!, instructions: SECRET }];
    const start = { epoch: 0, seq: 0 };
    const drafts = [
      { ...opening, data: { ...opening.data, agents } } as typeof opening,
      message('a', SECRET),
    ];
    const known = of('ok', await log.append(ref, { known: start, drafts })).position;
    const revised = joined(1);
    await log.append(ref, {
      known,
      drafts: [{ ...revised, data: { ...revised.data, agents } } as typeof revised],
    });
    for (const owner of ['one', 'two']) {
      const { attempt } = of('begun', await log.begin(ref, beginning(known, { owner, reason: SECRET })));
      await log.delta(ref, { step: STEP, attempt, offset: 0, text: SECRET });
      await log.delta(ref, { step: STEP, attempt, offset: 0, text: SECRET, part: 'reasoning' });
    }
    const begun = await log.begin(ref, { ...beginning(known, { step: 't1.2' }), since: start });
    await log.delta(ref, { step: 't1.2', attempt: 1, offset: 0, text: SECRET });
    await log.begin(ref, beginning(known, { step: 't1.3' }));
    const running = await log.read(ref, { after: 0, limit: 100 });
    const commit = { known, step: 't1.3', attempt: 1, ends: [completed(SECRET, 't1.3')] };
    const end = await log.commit(ref, commit);
    await log.append(ref, { known, drafts: [cancelled()] });
    const closes = { turn: TURN, end: { ...CANCEL, data: { reason: SECRET } } };
    const closed = await log.append(ref, { known, drafts: [turnCancelled()], closes });
    await log.tell(ref, { kind: 'published', channel: 'c', data: { said: SECRET } });
    const before = (await log.read(ref, { after: 0, limit: 100 }))!;
    const built = { expected: before.position, epoch: 1, info: { ...INFO, agents }, events: before.events };
    await log.rebuild(ref, built);
    const slice = await log.read(ref, { after: 0, limit: 100 });
    await eventually('the last is heard', () => (heard.at(-1) as unknown[])[0] === 'epoch');
    await stop();
    return [begun, running, end, closed, slice, heard];
  }

  /** Without what differs from one log to another one. */
  const shape = (value: unknown): string =>
    JSON.stringify(value)
      .replaceAll(/"epoch":\d+/g, '"epoch":0')
      .replaceAll(/\["(event|delta|epoch)",\d+/g, '["$1",0')
      .replaceAll(/"x\d+"/g, '"x"');

  test('passes nothing of what is said to Redis in the clear, and answers the same as one that does', async () => {
    const seen = await monitored(server.url);
    const told = await talk(sealed, fresh());
    expect(shape(told).split(SECRET).length).toBeGreaterThan(20);
    await redis.ping('half');
    expect(await seen.upTo((command) => command === 'ping half')).not.toContain(SECRET);
    const content = await contentOf(redis, 'convoke:{sealed:*');
    expect(content).toContain('"sealed"');
    expect(content).not.toContain(SECRET);
    // It would have been seen.
    const plain = await talk(clear, fresh('clear'));
    await redis.ping('whole');
    expect(await seen.upTo((command) => command === 'ping whole')).toContain(SECRET);
    expect(await contentOf(redis, 'convoke:{clear:*')).toContain(SECRET);
    await seen.stop();
    expect(JSON.parse(shape(told))).toEqual(JSON.parse(shape(plain)));
  });

  test('goes on from one that was not sealed, in the middle of a step; what it has sealed a process without keys cannot read', async () => {
    const ref = fresh();
    const known = await create(clear, ref);
    of('begun', await clear.begin(ref, beginning(known)));
    await clear.delta(ref, { ...place, offset: 0, text: 'Hello' });
    await clear.delta(ref, { ...place, offset: 0, text: 'hm', part: 'reasoning' });
    await sealed.append(ref, { known, drafts: [message('b', SECRET)] });
    const end = of(
      'ok',
      await sealed.append(ref, { known, drafts: [], closes: { turn: TURN, end: CANCEL } }),
    );
    expect(end.events).toMatchObject([{ data: { reason: 'asked', text: 'Hello', reasoning: 'hm' } }]);
    const events = await all(sealed, ref);
    expect(events.map(({ type }) => type)).toEqual([
      ...['session.created', 'step.started', 'message.accepted', 'step.cancelled'],
    ]);
    expect(events[2]).toMatchObject(message('b', SECRET));
    const missing = { code: 'seal_key_missing', message: expect.stringContaining('CONVOKE_SEAL_KEYS') };
    await expect(all(clear, ref)).rejects.toMatchObject(missing);
    expect((await clear.read(ref, { limit: 0 }))?.info).toEqual(INFO);
  });

  test('one without keys ends a step with what was sealed of it, and hears nothing that it cannot read', async () => {
    const ref = fresh();
    const { heard, listener } = recorder();
    const stop = await clear.subscribe(ref, listener);
    const known = await create(sealed, ref);
    of('begun', await sealed.begin(ref, beginning(known)));
    await sealed.delta(ref, { ...place, offset: 0, text: SECRET });
    await sealed.tell(ref, { kind: 'published', channel: 'c', data: SECRET });
    await expect(clear.append(ref, { known, drafts: [cancelled()] })).rejects.toMatchObject({
      code: 'seal_key_missing',
    });
    await clear.append(ref, { known, drafts: [message('b')] });
    await eventually('what is clear is heard', () => heard.length === 2);
    expect(heard).toMatchObject([
      ['event', known.epoch, { type: 'step.started' }],
      ['event', known.epoch, message('b')],
    ]);
    await stop();
    expect((await all(sealed, ref))[2]).toMatchObject({ data: { reason: 'asked', text: SECRET } });
  });

  test('a step says on after its data key was rotated, and all of it is read by those who come later', async () => {
    const ref = fresh('rotated');
    const ring = keyring();
    const log = await logWith(ring);
    const known = await create(log, ref);
    of('begun', await log.begin(ref, beginning(known)));
    await log.delta(ref, { ...place, offset: 0, text: 'before, ' });
    await ring.rotate('rotated');
    await log.delta(ref, { ...place, offset: 8, text: 'after' });
    const row = (await redis.get(`${logKeys(ref).texts}${STEP}`))!;
    expect(
      new Set(
        row
          .trim()
          .split(' ')
          .map((token) => token.split('.')[0]),
      ).size,
    ).toBe(2);
    const later = await logWith(keyring());
    expect((await later.read(ref, { limit: 9 }))?.open).toMatchObject([{ text: 'before, after' }]);
    const end = of('ok', await later.append(ref, { known, drafts: [cancelled()] }));
    expect(end.events).toMatchObject([{ data: { text: 'before, after' } }]);
    expect(await all(later, ref)).toHaveLength(3);
  });

  test('nobody reads it once the keys of its tenant are destroyed, and nobody is hurt by it', async () => {
    const ref = fresh('gone');
    const known = await create(await logWith(keyring()), ref);
    const ring = keyring();
    const log = await logWith(ring);
    of('begun', await log.begin(ref, beginning(known)));
    await log.append(ref, { known, drafts: [message('a', SECRET)] });
    const { heard, listener } = recorder();
    const stop = await log.subscribe(ref, listener);
    await ring.destroy('gone');
    const missing = { code: 'seal_key_missing', message: expect.stringContaining('was erased') };
    await expect(all(log, ref)).rejects.toMatchObject(missing);
    await expect(log.read(ref, { limit: 0 })).rejects.toMatchObject(missing);
    const { channel } = logKeys(ref);
    const [stored] = await redis.xrevrange(logKeys(ref).log, '+', '-', 'COUNT', 1);
    for (const told of [
      `E ${known.epoch} 9 ${stored![1][3]}`,
      'n x.y',
      'd 1 t1.1 1 0 x ',
      't 1 t1.1 1 0 x.',
      'E 1 1 {"sealed":null}',
    ])
      await redis.spublish(channel, told);
    await redis.spublish(channel, 'R 9');
    await eventually('what needs no key is heard', () => heard.length > 0);
    expect(heard).toEqual([['epoch', 9]]);
    await stop();
  });

  test('moved to another session, step or turn, nothing is opened', async () => {
    const [one, other] = [fresh(), fresh()];
    for (const ref of [one, other]) {
      const known = await create(sealed, ref);
      await sealed.append(ref, { known, drafts: [message(`of-${ref.session}`)] });
    }
    const [from, to] = [logKeys(one), logKeys(other)];
    await redis.copy(from.log, to.log, 'REPLACE');
    await expect(all(sealed, other)).rejects.toMatchObject({ code: 'seal_broken' });
  });

  test('a text of many short pieces is asked for once more as a whole: what is stored stays in proportion', async () => {
    const ref = fresh();
    const { heard, listener } = recorder();
    const known = await create(sealed, ref);
    of('begun', await sealed.begin(ref, beginning(known)));
    const stop = await sealed.subscribe(ref, listener);
    const key = `${logKeys(ref).texts}${STEP}`;
    let [said, sent, anew, resent, most] = ['', 0, 0, 0, 0];
    for (let count = 0; count < 2_500; count += 1) {
      said += count % 7 === 0 ? '👩' : 'é';
      while (sent < said.length) {
        const reply = await sealed.delta(ref, { ...place, offset: sent, text: said.slice(sent) });
        if (reply.status === 'offset') [anew, resent] = [anew + 1, resent + said.length];
        sent = reply.status === 'offset' ? reply.offset : said.length;
      }
      if (count % 50 === 0) most = Math.max(most, await redis.strlen(key));
    }
    expect(anew).toBeGreaterThan(5);
    expect(resent).toBeLessThan(12 * said.length);
    const pieces = LIMITS.sealedPieces + said.length / LIMITS.sealedPieceLeastChars + 2;
    expect(most).toBeLessThan(pieces * 55 + Buffer.byteLength(said) * 1.4);
    const again = { ...place, offset: said.length - 1, text: said.slice(-1) };
    expect(await sealed.delta(ref, again)).toEqual({ status: 'ok' });
    expect((await sealed.read(ref, { limit: 0 }))?.open).toMatchObject([{ text: said }]);
    // A follower gets the same pieces, and some of it once more.
    await eventually('all is heard', () => heard.length === 2_500);
    let text = '';
    for (const each of heard) {
      const [, , { offset, text: piece }] = each as [string, number, { offset: number; text: string }];
      text = text.slice(0, offset) + piece;
    }
    expect(text).toBe(said);
    await stop();
    const end = of('ok', await sealed.append(ref, { known, drafts: [cancelled()] }));
    expect(end.events).toMatchObject([{ data: { text: said } }]);
  });

  test('counts what it keeps as it is stored', async () => {
    const ref = fresh();
    const small = await logWith(keyring(), { maxBytes: 4_000 });
    const known = await create(small, ref);
    for (let count = 0; count < 20; count += 1)
      await small.append(ref, { known, drafts: [message(`m${count}`, 'x'.repeat(300))] });
    const rows = await redis.xrange(logKeys(ref).log, '-', '+');
    const bytes = rows.reduce((sum, [, fields]) => sum + fields[3]!.length, 0);
    expect(Number(await redis.hget(logKeys(ref).meta, 'b'))).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(4_000);
    const events: readonly LoggedEvent[] = await all(small, ref);
    expect(events.length).toBe(rows.length);
    expect(events.at(-1)).toMatchObject({ type: 'message.accepted', at: AT });
  });
});
