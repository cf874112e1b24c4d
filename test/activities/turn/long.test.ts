/** A turn that takes longer than the SDK's core believes in: it does not see our heartbeats, and times the activity out. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Context } from '@temporalio/activity';
import { createScriptedRunner, type AgentRunner } from '../../../activities/index.ts';
import { RECOVERY } from '../../../src/contracts/index.ts';
import { startEngine, type Engine } from '../../support/worker.ts';
import { texts, types } from '../scene.ts';

/** After the heartbeat time-out the core waits for so much longer, ms (SDK 1.24: not to be set). */
const CORE_MS = 5_000;
const TOKENS = 140;
const PACE_MS = 100;

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
}, 120_000);
afterAll(() => engine.stop(), 60_000);

test('a step that speaks for 14 s has one attempt, and its slot is free afterwards', async () => {
  const contexts: Context[] = [];
  const scripted = createScriptedRunner();
  const runner: AgentRunner = {
    run(request) {
      contexts.push(Context.current());
      return scripted.run(request);
    },
  };
  const worker = await engine.startWorker({ runner, slots: 1 });
  const script = { tokens: TOKENS, paceMs: PACE_MS };
  const session = await engine.open([{ name: 'a', runner: 'scripted', script }]);
  await session.send('m1');
  const started = await session.until('it has begun', ({ type }) => type === 'step.started');
  const ended = await session.until('it has ended', ({ type }) => type === 'turn.completed');
  expect(ended.at - started.at).toBeGreaterThan(2 * (RECOVERY.heartbeatTimeoutMs + CORE_MS));

  // The core has given it up long ago.
  const [context] = contexts;
  expect(context?.cancellationSignal.aborted).toBe(true);
  expect(context?.cancellationDetails).toMatchObject({ timedOut: true });

  const events = await session.events();
  expect(contexts).toHaveLength(1);
  expect(types(events)).not.toContain('step.restarted');
  expect(texts(events)['t1.1']).toMatch(new RegExp(`^w1 .* w${TOKENS}$`));

  // There is one slot: another turn runs in it, and the server knows of one attempt.
  const next = await engine.open([{ name: 'a', runner: 'scripted', script: { say: 'next' } }]);
  await next.send('m1');
  expect(texts(await next.turnEnded('t1'))).toEqual({ 't1.1': 'next' });
  const { events: history } = await session.handle().fetchHistory();
  const attempts = history?.flatMap(({ activityTaskStartedEventAttributes: begun }) => begun?.attempt ?? []);
  expect(attempts).toEqual([1]);
  await worker.stop();
}, 120_000);
