/** A tenant that may run one turn at a time: the others wait in their order, cheaply, and each is told of it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AgentRunner } from '../../activities/index.ts';
import type { LoggedEvent } from '../../src/contracts/index.ts';
import { RunningTurns } from '../../src/quota/index.ts';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { createNudge } from '../../src/temporal/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, types } from './agents.ts';

let engine: Engine;
let commands: Commands;
const opened: RunningTurns[] = [];
/** Sessions whose agents speak, and how they are let go. */
const speaking = new Map<string, () => void>();
/** Whoever has begun to speak, in order. */
const runs: string[] = [];
let most = 0;

/** An agent that speaks until it is let go. */
const runner: AgentRunner = {
  async *run({ session, signal }) {
    const { promise, resolve } = Promise.withResolvers<null>();
    speaking.set(session, () => resolve(null));
    runs.push(session);
    most = Math.max(most, speaking.size);
    signal.addEventListener('abort', () => resolve(null), { once: true });
    yield { type: 'text', text: 'said' };
    await promise;
    speaking.delete(session);
    signal.throwIfAborted();
  },
};

/** What a worker knows of running turns. */
function places(ttlMs?: number): RunningTurns {
  const options = { limitsOf: () => ({ runningTurns: 1 }), call: createNudge(engine.client) };
  const made = new RunningTurns(commands, ttlMs === undefined ? options : { ...options, ttlMs });
  opened.push(made);
  return made;
}

const startWorker = (): Promise<unknown> => engine.startWorker({ runner, places: places() });

function release(): void {
  for (const end of speaking.values()) end();
}

beforeAll(async () => {
  engine = await startEngine();
  commands = connectRedis(engine.redis.url, () => undefined);
  await commands.connect();
  await startWorker();
});

beforeEach(() => {
  most = 0;
});

afterEach(release);

afterAll(async () => {
  for (const each of opened) each.close();
  commands.disconnect();
  await engine.stop();
});

async function talk(name: string): Promise<TestSession> {
  const session = await engine.open([agent('a')], name);
  await session.send('m1');
  return session;
}

const speaks = (name: string): Promise<void> => eventually(`${name} speaks`, () => speaking.has(name));
const waits = (session: TestSession): Promise<LoggedEvent> =>
  session.until(`${session.session} waits`, ({ type }) => type === 'quota.waiting');

test('turns of several sessions run one after the other, in the order in which they came', async () => {
  const first = await talk('first');
  await speaks('first');
  const second = await talk('second');
  expect(await waits(second)).toMatchObject({
    turn: 't1',
    cause: 'm1',
    data: { limit: 'runningTurns', most: 1, used: 1, place: 1 },
  });
  const third = await talk('third');
  expect((await waits(third)).data).toMatchObject({ place: 2 });
  for (const [session, next] of [
    [first, second],
    [second, third],
  ] as const) {
    speaking.get(session.session)?.();
    await speaks(next.session);
    // Before it would have asked by itself.
    const cleared = (await next.events()).find(({ type }) => type === 'quota.cleared');
    expect(cleared).toMatchObject({ turn: 't1', data: { limit: 'runningTurns' } });
  }
  speaking.get('third')?.();
  const events = await third.turnEnded('t1');
  expect(types(events)).toEqual([
    ...['session.created', 'message.accepted', 'turn.started', 'quota.waiting', 'quota.cleared'],
    ...['step.started', 'step.completed', 'turn.completed'],
  ]);
  expect(faults(events)).toEqual([]);
  expect(most).toBe(1);
  // What a turn without a limit costs, and the wait: its activity, its timer, the signal, and a task for each.
  await third.state();
  expect((await third.handle().describe()).historyLength).toBeLessThan(40);
});

test('one that waits is cancelled at once, and one whose session closes ends: neither keeps the others waiting', async () => {
  await talk('busy');
  await speaks('busy');
  const sessions = [];
  for (const name of ['cancelled', 'closing', 'next']) {
    const session = await talk(name);
    await waits(session);
    sessions.push(session);
  }
  const [cancelled, closing] = sessions as [TestSession, TestSession];
  expect(await engine.submitter.cancel(cancelled, 't1')).toMatchObject({ status: 'cancelling' });
  expect((await cancelled.turnEnded('t1')).at(-1)?.type).toBe('turn.cancelled');
  await engine.submitter.close(closing);
  const end = await closing.until('it has closed', ({ type }) => type === 'session.closed');
  const failed = (await closing.events()).find(({ type }) => type === 'turn.failed');
  expect(failed?.data).toMatchObject({ code: 'quota_exceeded' });
  expect(failed!.seq).toBeLessThan(end.seq);
  speaking.get('busy')?.();
  await speaks('next');
  expect(most).toBe(1);
});

test('a turn keeps its place when another worker goes on with it; one that no worker has any more loses it', async () => {
  const before = engine.workers[0]!;
  await talk('moves');
  await speaks('moves');
  const waiting = await talk('waits');
  await waits(waiting);
  await before.stop();
  await startWorker();
  await eventually('it has spoken in both', () => runs.filter((session) => session === 'moves').length === 2);
  expect(runs).not.toContain('waits');
  release();
  await speaks('waits');
  release();
  await waiting.turnEnded('t1');
  const lost = places(500);
  await lost.enter({ tenant: 'acme', session: 'elsewhere', turn: 't1' });
  lost.close();
  // Nobody calls the next one: it asks by itself.
  const session = await talk('asks');
  await waits(session);
  await eventually('it speaks', () => speaking.has('asks'), 20_000);
  release();
  await session.turnEnded('t1');
  expect(most).toBe(1);
});

test('all of it can be replayed', async () => {
  expect(await engine.replay()).toBeGreaterThan(8);
});
