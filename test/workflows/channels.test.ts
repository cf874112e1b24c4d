/** Events of the application in a session: no agent answers them, and they are as durable as messages. On real servers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createScriptedRunner } from '../../activities/index.ts';
import type { AgentRunner } from '../../activities/index.ts';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { LoggedEvent, Receipt } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { slow } from './agents.ts';
import { asleep, closed, echoes, goesOn, hibernated } from './hibernating.ts';

const scripted = createScriptedRunner();
/** The slow one speaks for a minute, others say what they are shown. */
const runner: AgentRunner = {
  run: (request) => (request.agent.name === 'slow' ? scripted : echoes).run(request),
};
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ hibernateAfterMs: 700, admitDeadlineMs: 60_000 });
  await engine.startWorker({ runner });
});

afterAll(async () => {
  await engine.stop();
});

const publish = (session: TestSession, messageId: string, more: object = {}): Promise<Receipt> =>
  engine.intake.send(session, session.session, { messageId, channel: 'orders', text: messageId, ...more });

const published = (events: readonly LoggedEvent[]): string[] =>
  events.flatMap(({ type, cause = '' }) => (type === 'channel.published' ? [cause] : []));

const told = (session: TestSession, messageId: string): Promise<LoggedEvent> =>
  session.until(`${messageId} has its place`, ({ id }) => id === `message:${messageId}`);

/** What came, in the order of the log. */
const causes = (events: readonly LoggedEvent[]): string[] =>
  events.flatMap(({ id, cause = '' }) => (id === `message:${cause}` ? [cause] : []));

/** Reads the log from its beginning: what was published, in order. */
function reading(session: TestSession): {
  readonly seen: readonly string[];
  seeing(ids: readonly string[]): Promise<void>;
} {
  const seen: string[] = [];
  let after = 0;
  const seeing = (ids: readonly string[]): Promise<void> =>
    eventually('they have their places', async () => {
      const slice = await engine.log.read(session, { after, limit: 1_000 });
      after = slice?.position.seq ?? after;
      seen.push(...published(slice?.events ?? []));
      return ids.every((id) => seen.includes(id));
    });
  return { seen, seeing };
}

/** A session in which the slow agent speaks. */
async function busy(): Promise<TestSession> {
  const session = await engine.open([slow('slow')]);
  await session.send('m1');
  await session.until('it speaks', ({ type }) => type === 'step.started');
  return session;
}

const historyOf = async (session: TestSession): Promise<number> =>
  (await session.handle().describe()).historyLength;

test('they are in one order with messages while a turn runs and others wait, and cost five history events each', async () => {
  const session = await busy();
  await publish(session, 'e1');
  await told(session, 'e1');
  const before = await historyOf(session);
  for (const id of ['e2', 'e3', 'e4', 'e5']) {
    await publish(session, id);
    await told(session, id);
  }
  // A heartbeat or a buffered task is one more now and then.
  expect((await historyOf(session)) - before).toBeLessThanOrEqual(4 * 6);
  await session.send('m2');
  await Promise.all([publish(session, 'e6'), publish(session, 'e6'), publish(session, 'e6')]);
  await session.send('m3');
  await told(session, 'm3');
  await publish(session, 'e1');
  expect(causes(await session.events())).toEqual([...['m1', 'e1', 'e2', 'e3', 'e4', 'e5', 'm2', 'e6', 'm3']]);
  expect(await session.receipt('e6')).toEqual({
    ...{ session: session.session, messageId: 'e6', status: 'published' },
  });
  expect(await session.state()).toMatchObject({ running: { turn: 't1' }, queued: 2, turns: 3 });
  await engine.intake.control(session, session.session, 'close', {});
  await engine.intake.control(session, session.session, 'cancel', { all: true });
  await closed(session);
  await expect(publish(session, 'late')).rejects.toMatchObject({ code: 'session_closed' });
});

test('they wake a session that hibernates, which rests again; agents are not shown them', async () => {
  const session = await asleep(engine);
  await publish(session, 'e1', { text: 'SECRET' });
  await told(session, 'e1');
  await hibernated(session);
  expect(await session.receipt('e1')).toMatchObject({ status: 'published' });
  await publish(session, 'e1', { text: 'SECRET' });
  await publish(session, 'd1', { to: ['Bob'], from: 'Ada', text: 'SECRET' });
  await told(session, 'd1');
  expect(await goesOn(session, 'm2', 't2')).toBe('one | one | text of m2');
  const events = await session.events();
  expect(published(events)).toEqual(['e1', 'd1']);
  // A fork has them, and knows their ids.
  const { reply } = await engine.intake.fork(session, session.session, {});
  const fork = engine.session(reply.id);
  await fork.until('it is forked', ({ type }) => type === 'session.forked');
  expect(await fork.receipt('d1')).toMatchObject({ status: 'published' });
  await publish(fork, 'e1', { text: 'SECRET' });
  await publish(fork, 'e2');
  await told(fork, 'e2');
  expect(published(await fork.events())).toEqual(['e1', 'd1', 'e2']);
});

test('a flood while a turn runs is refused before it is too much, and nothing that was accepted is lost', async () => {
  const session = await busy();
  const text = 'x'.repeat(12_000);
  const accepted: string[] = [];
  const { seen, seeing } = reading(session);
  const waiting = Array.from({ length: 1_000 }, (_, n) => `e${n}`);
  /** Sends so many at once, and again what is refused; true: all of them were, though nothing waits. */
  const isRefused = async (count: number): Promise<boolean> => {
    const tries = await Promise.all(waiting.splice(0, count).map((id) => taken(id)));
    const ids = tries.filter((id) => id !== null);
    accepted.push(...ids);
    await seeing(ids);
    return ids.length === 0;
  };
  const taken = async (id: string): Promise<string | null> => {
    try {
      await publish(session, id, { text });
      return id;
    } catch (error) {
      if (!isConvokeError(error)) throw error;
      // Temporal may be busy for a moment, and have it all the same.
      if (error.code !== 'inbox_full') return taken(id);
      waiting.push(id);
      return null;
    }
  };
  expect(await isRefused(1_000)).toBe(false);
  while (!(await isRefused(20)));
  expect(accepted.length).toBeGreaterThan(100);
  expect(accepted.length * text.length).toBeLessThan(LIMITS.heldCharsHard + 2 * LIMITS.inboxBytes);
  expect(await historyOf(session)).toBeLessThan(LIMITS.historyEventsHard + 1_000);
  // There is room for messages, and once the turn is over for channel events.
  await session.send('m2');
  await engine.intake.control(session, session.session, 'cancel', { all: true });
  const last = async (): Promise<boolean> => (await publish(session, 'last').catch(() => null)) !== null;
  await eventually('there is room again', last, 30_000);
  await seeing(['last']);
  expect(seen.toSorted()).toEqual([...accepted, 'last'].toSorted());
}, 60_000);

test('they outlive a lost log, and a terminated run, which the next one reopens', async () => {
  const session = await busy();
  await publish(session, 'e1');
  await told(session, 'e1');
  const redis = new Redis(engine.redis.url);
  await redis.flushall();
  redis.disconnect();
  await publish(session, 'e1');
  await publish(session, 'd2', { to: ['Bob'], from: 'Ada' });
  await told(session, 'd2');
  expect(published(await session.events())).toEqual(['e1', 'd2']);
  await session.handle().terminate();
  await publish(session, 'd2', { to: ['Bob'], from: 'Ada' });
  await publish(session, 'e3');
  await told(session, 'e3');
  const events = await session.events();
  expect(published(events)).toEqual(['e1', 'd2', 'e3']);
  expect(events.find(({ cause }) => cause === 'd2')?.data).toEqual({
    ...{
      messageId: 'd2',
      channel: 'orders',
      from: 'Ada',
      to: ['Bob'],
      parts: [{ type: 'text', text: 'd2' }],
    },
  });
  await session.until('it is reopened', ({ type }) => type === 'session.reopened');
});

test('their histories replay', async () => {
  expect(await engine.replay()).toBeGreaterThan(5);
});
