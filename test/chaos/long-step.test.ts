/**
 * A step that speaks for minutes keeps its one attempt: the SDK's core, which does not see the turn's heartbeats, has given it up long before.
 *
 * `CHAOS_STEP_SECONDS` sets how long: 20 in `npm test`, 660 in `npm run chaos`, which is longer than an activity of a turn goes on by itself.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { LIMITS, workflowId } from '../../src/contracts/index.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectWhole, openSession, Recorder, words } from '../e2e/scene.ts';

const SECONDS = Number(process.env['CHAOS_STEP_SECONDS'] ?? 20);
const PACE_MS = 100;
const TOKENS = (SECONDS * 1_000) / PACE_MS;
const MORE_MS = 120_000;

let stack: Stack;
let connection: Connection;

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 1 });
  connection = await Connection.connect({ address: stack.temporal.address });
}, 120_000);

afterAll(async () => {
  await connection.close();
  await stack.stop();
});

test(
  `a step of ${SECONDS} s has one attempt, and the turn after it goes on as usual`,
  async () => {
    const script = { tokens: TOKENS, paceMs: PACE_MS };
    const timeoutMs = LIMITS.stepTimeoutMostMs;
    const [url = ''] = stack.urls;
    const id = await openSession(url, [
      { name: 'slow', runner: 'scripted', script, timeoutMs },
      { name: 'quick', runner: 'scripted', script: { say: 'At last.' } },
    ]);
    const seen = new Recorder(stack.urls, id);
    await seen.session.send({ messageId: 'm1', text: 'go on' });
    await seen.turnsEnded(1, SECONDS * 1_000 + MORE_MS);
    seen.close();
    const events = await allEvents(url, id);
    expectWhole(events);
    expect(events.map(({ type }) => type)).not.toContain('step.restarted');
    const texts = events.flatMap((event) => (event.type === 'step.completed' ? [event.data.text] : []));
    expect(texts).toEqual([words(TOKENS), 'At last.']);
    const handle = new Client({ connection }).workflow.getHandle(workflowId({ tenant: 'dev', session: id }));
    const { events: history = [] } = await handle.fetchHistory();
    const attempts =
      history?.flatMap(({ activityTaskStartedEventAttributes: begun }) => begun?.attempt ?? []) ?? [];
    // After ten minutes the turn goes on in another activity, which is a first attempt too.
    expect(new Set(attempts)).toEqual(new Set([1]));
  },
  SECONDS * 1_000 + 2 * MORE_MS,
);
