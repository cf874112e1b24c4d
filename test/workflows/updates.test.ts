/**
 * Updates that come while a local activity holds a workflow task open, on a real Temporal: whoever takes the session over replays to the same
 * commands. (On replay the SDK hands such updates over earlier than they came: see `workflows/update-line.ts`.)
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import type { SessionLog } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';
import { workflowBundle } from '../support/bundle.ts';
import { startEngine, type Engine, type TestSession } from '../support/worker.ts';
import { agent } from './agents.ts';

const EXTENDED = new URL('./extended/', import.meta.url);
const { History } = proto.temporal.api.history.v1;
type AnyHistory = Parameters<typeof Worker.runReplayHistory>[1];

let engine: Engine;
/** What appends wait for. */
let gate: Promise<unknown> = Promise.resolve();

function gated(log: SessionLog): SessionLog {
  return new Proxy(log, {
    get(target, name: keyof SessionLog) {
      const call = target[name].bind(target);
      if (name !== 'append') return call;
      return async (...args: Parameters<SessionLog['append']>) => {
        await gate;
        return target.append(...args);
      };
    },
  });
}

/** Closes the gate; the answer opens it. */
function closeGate(): () => void {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  gate = promise;
  return () => resolve(undefined);
}

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker({ log: gated });
});

afterAll(async () => {
  await engine.stop();
});

async function replay(history: AnyHistory, id: string): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle(), replayName: id }, history, id);
}

/** The history has so many events. */
async function reaches(session: TestSession, count: number): Promise<void> {
  await eventually(`there are ${count} events`, async () => {
    const { events } = await session.handle().fetchHistory();
    return (events?.length ?? 0) >= count;
  });
}

const join = (session: TestSession, name: string): Promise<unknown> =>
  engine.intake.control({ tenant: session.tenant }, session.session, 'members', {
    join: { kind: 'person', name },
  });

test.each([
  ['came as the activity of the task before had just ended', 'marker-first.json'],
  [
    'came after the timer of the idle session was set, which a replay has at the same moment',
    'touched-later.json',
  ],
])('a recorded one, which %s', async (_, file) => {
  const recorded = JSON.parse(readFileSync(new URL(file, EXTENDED), 'utf8')) as object;
  await replay(History.fromObject(recorded), 'session:dev:recorded');
});

test.each([
  ['before the task is extended', 3],
  ['as soon as it is extended', 5],
  ['in the task that extends it', 6],
])('the log answers %s', async (_, events) => {
  const open = closeGate();
  const session = await engine.open([agent('a')]);
  const joined = Promise.all([join(session, 'ana'), join(session, 'bo')]);
  await reaches(session, events);
  open();
  await joined;
  const state = await session.state();
  expect(state.members.map(({ name }) => name).sort()).toEqual(['a', 'ana', 'bo']);
  const told = (await session.events()).filter(({ type }) => type === 'session.members');
  expect(told).toHaveLength(2);
  await replay(await session.handle().fetchHistory(), session.id);
});

test('a quick turn is cancelled while it holds the task open', async () => {
  const session = await engine.open([agent('quick', { quick: true })]);
  await session.until('it is opened', (event) => event.type === 'session.created');
  const { events = [] } = await session.handle().fetchHistory();
  const open = closeGate();
  await session.send('m1');
  const cancelled = engine.submitter.cancel(session, 't1').catch(() => null);
  await reaches(session, (events?.length ?? 0) + 5);
  open();
  await cancelled;
  await session.turnEnded('t1');
  await replay(await session.handle().fetchHistory(), session.id);
});
