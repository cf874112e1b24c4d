/**
 * Random faults under load, then the promises are checked. `npm run chaos -- --seconds 600 --seed 7` for a longer run, or to repeat one: the
 * seed decides which faults come in which order.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  openSession,
  Recorder,
  rest,
  speaker,
  words,
} from '../e2e/scene.ts';
import { faults } from './faults.ts';
import { createRandom } from './random.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 45);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const SESSIONS = 8;
const TOKENS = 15;
/** After the last fault everything must be answered within this time, ms. */
const SETTLE_MS = 90_000;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateways: 2, workers: 2 });
}, 60_000);

afterAll(async () => {
  await stack.stop();
});

interface Talk {
  readonly id: string;
  readonly seen: Recorder;
  /** Messages that were acknowledged. */
  readonly accepted: string[];
}

async function openTalk(): Promise<Talk> {
  const id = await openSession(stack.urls[0]!, [speaker('writer', TOKENS), speaker('critic', 5)]);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  return { id, seen, accepted: [] };
}

/** Sends one message after the other, each twice: by the SDK, which retries by itself, and by REST, which may fail. */
async function talk({ id, seen, accepted }: Talk, going: () => boolean): Promise<void> {
  for (let index = 1; going(); index += 1) {
    const message = { messageId: `m${index}`, text: `Message ${index}` };
    const path = `/v1/sessions/${id}/messages`;
    const twice = rest(stack.urls[index % 2]!, 'POST', path, { body: message }).catch(() => null);
    await seen.session.send(message);
    accepted.push(message.messageId);
    await twice;
    await eventually(`${message.messageId} is answered`, () => answered(seen, accepted.length), SETTLE_MS);
  }
}

function answered(seen: Recorder, count: number): boolean {
  return seen.view.turns.filter((turn) => turn.status !== 'running').length >= count;
}

async function check({ id, seen, accepted }: Talk): Promise<void> {
  const events = await allEvents(stack.urls[0]!, id);
  expectWhole(events);
  expectOrdered(seen.events);
  const started = events.flatMap((event) => (event.type === 'turn.started' ? event.data.messageIds : []));
  expect(started).toEqual(accepted);
  const said = events.flatMap((event) => (event.type === 'step.completed' ? [event.data.text] : []));
  expect(said).toEqual(accepted.flatMap(() => [words(TOKENS), words(5)]));
  expect(seen.steps.map((step) => step.text)).toEqual(said.slice(-seen.steps.length));
}

test(
  `${SESSIONS} sessions, ${SECONDS} s of random faults (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const until = performance.now() + SECONDS * 1_000;
    const going = (): boolean => performance.now() < until;
    const talks = await Promise.all(Array.from({ length: SESSIONS }, openTalk));
    const talking = Promise.all(talks.map((each) => talk(each, going)));
    const done: string[] = [];
    while (going()) done.push(await random.pick(faults)(stack, random));
    await talking;
    for (const each of talks) await check(each);
    for (const { seen } of talks) seen.close();
    const messages = talks.reduce((sum, each) => sum + each.accepted.length, 0);
    console.log(`${messages} messages answered through ${done.length} faults: ${done.join(', ')}`);
    expect(done.length).toBeGreaterThan(0);
    expect(messages).toBeGreaterThan(SESSIONS);
  },
  SECONDS * 1_000 + 2 * SETTLE_MS,
);
