/**
 * Random faults under load, then the promises are checked. `npm run chaos -- --seconds 600 --seed 7` for a longer run, or to repeat one: the
 * seed decides which faults come in which order.
 */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ModelFault } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel, type ScriptedModel } from '../../examples/scripted-model/server.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { faults } from './faults.ts';
import { createRandom } from './random.ts';
import { SteeredTalk } from './steered.ts';
import { BesideTalk, BurstTalk, ModelTalk, SETTLE_MS, SteadyTalk } from './talks.ts';
import { CONFIG, WorkTalk } from './work.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 45);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const STEADY = 6;
const WORK = 2;
const STEERED = 2;
const CALLS = join(tmpdir(), `convoke-chaos-${process.pid}`);

let stack: Stack;
let model: ScriptedModel;
const modelFaults: ModelFault[] = [];

beforeAll(async () => {
  model = await startScriptedModel({ faults: modelFaults });
  await writeFile(CALLS, '');
  const env = {
    ...{ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'k', CONVOKE_MODEL: 'm' },
    ...{ CONVOKE_CONFIG: CONFIG, CHAOS_CALLS: CALLS },
    CONVOKE_HIBERNATE_AFTER_MS: '2000',
  };
  stack = await startStack({ gateways: 2, workers: 2, env });
}, 60_000);

afterAll(async () => {
  await stack.stop();
  await model.stop();
  await rm(CALLS, { force: true });
});

test(
  `${SECONDS} s of random faults in sessions with talk, bursts, a model that misbehaves, tools, teams, people and times (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const { urls } = stack;
    const talks = await Promise.all([
      ...Array.from({ length: STEADY }, () => SteadyTalk.open(urls)),
      BurstTalk.open(urls),
      BesideTalk.open(urls),
      ModelTalk.open(urls, createRandom(SEED + 1), modelFaults),
      ...Array.from({ length: WORK }, () => WorkTalk.open(urls, CALLS)),
      ...Array.from({ length: STEERED }, () => SteeredTalk.open(urls, CALLS)),
    ]);
    const until = performance.now() + SECONDS * 1_000;
    const going = (): boolean => performance.now() < until;
    const failed = new AbortController();
    const talking = Promise.all(talks.map((talk) => talk.run(going)));
    talking.catch(() => failed.abort());
    const done: string[] = [];
    while (going() && !failed.signal.aborted) done.push(await random.pick(faults)(stack, random));
    if (failed.signal.aborted) console.log(`after ${done.join(', ')}`);
    await talking;
    for (const talk of talks) await talk.check();
    for (const talk of talks) talk.close();
    const messages = talks.map(({ accepted }) => accepted.length);
    console.log(
      `${messages.join(' + ')} messages answered through ${done.length} faults: ${done.join(', ')}`,
    );
    expect(done.length).toBeGreaterThan(0);
    for (const each of messages) expect(each).toBeGreaterThan(1);
  },
  SECONDS * 1_000 + 3 * SETTLE_MS,
);
