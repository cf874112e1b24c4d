/**
 * Long turns: one of many steps, one that is suspended and goes on as often. Workers are killed at random moments meanwhile. Nothing is lost
 * or said twice, and no run of the session's workflow grows beyond its bound.
 *
 * `CHAOS_ROUNDS` sets how many: 200 in `npm test`, 1,000 in `npm run chaos`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { LIMITS, workflowId } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectWhole, freshId, Recorder, rest } from '../e2e/scene.ts';
import { createRandom } from './random.ts';

const ROUNDS = Number(process.env['CHAOS_ROUNDS'] ?? 200);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const ROUND_MS = 1_000;
/** Between two kills, ms; a worker takes about two seconds to start. */
const WHOLE_MS = [500, 3_000] as const;
const WORKER = fileURLToPath(new URL('long-worker.ts', import.meta.url));
/** A run may exceed `LIMITS.historyEvents` by what happens before its next pause: a turn's activity and its timer, a publish, an archiving. */
const HISTORY_MOST = LIMITS.historyEvents + 60;

let stack: Stack;
let connection: Connection;

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 2, workerFile: WORKER });
  connection = await Connection.connect({ address: stack.temporal.address });
}, 120_000);

afterAll(async () => {
  await connection.close();
  await stack.stop();
});

async function open(options: object): Promise<Recorder & { readonly id: string }> {
  const id = freshId();
  const agent = (name: string): object => ({ name, runner: 'scripted', script: { say: `${name} speaks` } });
  const body = { id, agents: [agent('a'), agent('b')], team: { name: 'sequence', options } };
  const { status } = await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body });
  expect(status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  return Object.assign(seen, { id });
}

const isOver = ({ session }: Recorder): boolean =>
  session.view?.turns.some(({ status }) => status !== 'running') ?? false;

/** Events of each run of the session's workflow. */
async function histories(id: string): Promise<readonly number[]> {
  const { workflow } = new Client({ connection });
  const session = workflowId({ tenant: 'dev', session: id });
  const lengths: number[] = [];
  for await (const { runId } of workflow.list({ query: `WorkflowId = '${session}'` })) {
    lengths.push((await workflow.getHandle(session, runId).describe()).historyLength);
  }
  return lengths;
}

test(
  `a turn of ${ROUNDS} steps, and one that is suspended ${ROUNDS} times, while workers are killed (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const every = 10;
    const steps = await open({ rounds: ROUNDS, pauseMs: 0, every: 1 });
    const sleeps = await open({ rounds: ROUNDS, pauseMs: 1, every });
    const long = [steps, sleeps];
    await Promise.all(long.map(({ session }) => session.send({ messageId: 'm1', text: 'go on' })));
    let kills = 0;
    const over = eventually('both are over', () => long.every(isOver), ROUNDS * ROUND_MS);
    over.catch(() => undefined);
    while (!long.every(isOver)) {
      await pause(random.between(...WHOLE_MS));
      const worker = random.pick(stack.workers);
      await worker.end('SIGKILL');
      await worker.start();
      kills += 1;
    }
    await over;
    for (const [{ id, session }, said] of [
      [steps, ROUNDS],
      [sleeps, ROUNDS / every],
    ] as const) {
      expect(session.view?.turns).toMatchObject([{ turn: 't1', status: 'completed' }]);
      const events = await allEvents(stack.urls[0]!, id);
      expectWhole(events);
      const texts = events.flatMap((event) => (event.type === 'step.completed' ? [event.data.text] : []));
      expect(texts).toEqual(Array.from({ length: said }, (_, index) => `${index % 2 ? 'a' : 'b'} speaks`));
      const lengths = await histories(id);
      console.log(`${lengths.length} runs with ${Math.max(...lengths)} events at most, ${kills} kills`);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(HISTORY_MOST);
    }
    for (const { client } of long) client.close();
  },
  ROUNDS * ROUND_MS + 60_000,
);
