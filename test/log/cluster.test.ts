/** The session log on a Redis Cluster: every session, whichever node serves it; a slot that moves, a master that dies. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { START, type SessionRef } from '../../src/contracts/index.ts';
import {
  checkServer,
  connectChannels,
  connectCommands,
  connectRedis,
  createCatalogs,
  createPresenceRows,
  createRedisLog,
  createStalls,
  type Commands,
  type SessionLog,
} from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { slotOf } from '../../src/log/slots.ts';
import { openAdapterConnections } from '../../src/main/control.ts';
import { recorder } from '../conformance/log-hearing.suite.ts';
import { eventually } from '../support/process.ts';
import { startCluster, type TestCluster } from '../support/redis-cluster.ts';
import type { TestRedis } from '../support/redis.ts';
import { all, beginning, completed, create, created, message, of, STEP } from './drafts.ts';

const SESSIONS = 40;
const ends: (() => void)[] = [];

let cluster: TestCluster;
let commands: Commands;
let log: SessionLog;
let sessions = 0;
const fresh = (): SessionRef => ({ tenant: 'acme', session: `s${(sessions += 1)}` });
const slot = (ref: SessionRef): number => slotOf(logKeys(ref).channel);

beforeAll(async () => {
  cluster = await startCluster();
  const ignore = (): void => undefined;
  commands = connectCommands(cluster.url, ignore);
  await commands.connect();
  const notices = connectChannels(cluster.url, commands, ignore);
  await notices.connect();
  log = createRedisLog({ commands, subscriber: notices.channels });
  ends.push(() => commands.disconnect(), notices.close);
});
afterAll(async () => {
  for (const end of ends) end();
  await cluster.stop();
});

/** A session whose keys this node serves. */
async function sessionOn(node: TestRedis): Promise<SessionRef> {
  for (;;) {
    const ref = fresh();
    if ((await cluster.masterOf(slot(ref))) === node) return ref;
  }
}

/** A follower of a session: what it has heard since it was told to look. */
async function follower(ref: SessionRef) {
  const { heard, listener } = recorder();
  await log.subscribe(ref, listener);
  const kinds = (): unknown[] => heard.map((each) => (each as unknown[])[0]);
  return { heard, hears: (kind: string) => kinds().includes(kind) };
}

/** Creates the log of a session that may have been lost, as soon as its node takes it. */
async function createdAgain(ref: SessionRef): Promise<void> {
  await eventually('the log is created', async () => {
    const { status } = await log.append(ref, { known: START, drafts: [created()] });
    return status === 'ok';
  });
}

test('slots are those of the specification', () => {
  expect(slotOf('123456789')).toBe(0x31c3);
  expect(slotOf('convoke:{acme:one}:meta')).toBe(slotOf('acme:one'));
  expect(slotOf('{}x')).not.toBe(slotOf(''));
});

test('every session works, and is heard, whichever node serves it', async () => {
  const refs = Array.from({ length: SESSIONS }, fresh);
  const heads = await Promise.all(
    refs.map(async (ref) => {
      expect(await log.admit(ref, { messageId: 'm', bytes: 1 })).toEqual({ status: 'ok' });
      await log.release(ref, ['m']);
      const known = await create(log, ref);
      const { hears } = await follower(ref);
      const { attempt } = of('begun', await log.begin(ref, beginning(known)));
      of('ok', await log.delta(ref, { step: STEP, attempt, offset: 0, text: 'x' }));
      const end = await log.commit(ref, { known, step: STEP, attempt, ends: [completed('x')] });
      await log.tell(ref, { kind: 'published', channel: 'c', data: 1 });
      await eventually('it is heard', () => hears('event') && hears('delta') && hears('note'));
      const rows = createPresenceRows(commands);
      const member = { subject: 'ana', connection: 'c', gateway: 'g', since: 1 };
      await rows.put(ref, member);
      await rows.state(ref, 'g', [member]);
      await rows.advance(ref, new Map([['ana', 3]]));
      await rows.kick(ref, { subject: 'bob', forMs: 60_000 });
      expect((await rows.read(ref)).members).toEqual([member]);
      expect([await rows.reads(ref), [...(await rows.kicks(ref)).keys()]]).toEqual([{ ana: 3 }, ['bob']]);
      await createStalls(commands).tell(ref, 't1', 'me', 'blocked');
      expect(await createStalls(commands).of(ref, 't1')).toEqual(['blocked']);
      return of('ended', end).position;
    }),
  );
  expect(await log.heads([...refs, fresh()])).toEqual([...heads, null]);
  const nodes = await Promise.all(refs.map((ref) => cluster.masterOf(slot(ref))));
  expect(new Set(nodes).size).toBe(3);
  const catalog = { agents: {}, teams: ['a'], tools: [], models: [] };
  await createCatalogs(commands).announce(catalog);
  expect(await createCatalogs(commands).read()).toEqual([catalog]);
});

test('its nodes are checked, and one that is named alone is refused with what to write', async () => {
  await checkServer(commands);
  const alone = connectRedis(cluster.nodes[0]!.url, () => undefined);
  await alone.connect();
  await expect(checkServer(alone)).rejects.toMatchObject({ message: expect.stringContaining('REDIS_URL') });
  alone.disconnect();
});

test('a session whose slot moves goes on where it is now, and its followers are told to look', async () => {
  const [from, to] = cluster.nodes as [TestRedis, TestRedis];
  const ref = await sessionOn(to);
  await create(log, ref);
  const { heard, hears } = await follower(ref);
  await cluster.moveSlot(slot(ref), from);
  await eventually('followers are told', () => hears('reconnected'));
  // Another server's data has another life: the log counts as lost there, and is built anew.
  await createdAgain(ref);
  heard.length = 0;
  const [known] = await log.heads([ref]);
  of('ok', await log.append(ref, { known: known!, drafts: [message('a')] }));
  await eventually('the event is heard', () => hears('event'));
  expect(await all(log, ref)).toHaveLength(2);
});

test('a master that is silent, its connections open, is replaced by its replica; when it speaks again it is one itself', async () => {
  const [first] = cluster.nodes as [TestRedis];
  const hit = await sessionOn(first);
  await create(log, hit);
  const { heard, hears } = await follower(hit);
  await first.freeze();
  try {
    await eventually('its replica takes its place', async () => {
      const [position] = await log.heads([hit]).catch(() => []);
      return position !== undefined;
    });
    await createdAgain(hit);
    await eventually('followers are told', () => hears('reconnected'));
    heard.length = 0;
    const [position] = await log.heads([hit]);
    of('ok', await log.append(hit, { known: position!, drafts: [message('a')] }));
    await eventually('the event is heard', () => hears('event'));
  } finally {
    await first.thaw();
  }
  await cluster.whole();
  await eventually('it follows', async () => (await cluster.masterOf(slot(hit))) !== first);
}, 60_000);

describe('a master that dies', () => {
  test('is replaced by its replica: sessions, followers and control traffic go on', async () => {
    const first = (await cluster.masterOf(0))!;
    const second = cluster.nodes[1]!;
    const [hit, spared] = [await sessionOn(first), await sessionOn(second)];
    const known = await create(log, spared);
    await create(log, hit);
    const follow = await follower(hit);
    const channel = await controlOn(first);
    await first.kill();
    of('ok', await log.append(spared, { known, drafts: [message('a')] }));
    await cluster.whole();
    await createdAgain(hit);
    await eventually('followers are told', () => follow.hears('reconnected'));
    follow.heard.length = 0;
    const [position] = await log.heads([hit]);
    of('ok', await log.append(hit, { known: position!, drafts: [message('a')] }));
    await eventually('the event is heard', () => follow.hears('event'));
    await eventually('control traffic passes', () => channel.passes('again'));
  });

  /** Control traffic on a channel that this node serves. */
  async function controlOn(node: TestRedis): Promise<{ passes(text: string): boolean }> {
    const { publisher, subscriber, close } = await openAdapterConnections(cluster.url, {
      failing: () => undefined,
    });
    ends.push(close);
    let channel = 'control';
    while ((await cluster.masterOf(slotOf(channel))) !== node) channel += '+';
    const heard: string[] = [];
    subscriber.on('smessageBuffer', (_channel, text) => heard.push(text.toString()));
    subscriber.ssubscribe(channel);
    const passes = (text: string): boolean => {
      void publisher.spublish(channel, text).catch(() => undefined);
      return heard.includes(text);
    };
    await eventually('control traffic passes', () => passes('first'));
    return { passes };
  }
});
