/**
 * Random faults under load, then the promises are checked. Parts are killed, every wire between two of them is frozen, cut, delayed and
 * half-opened, gateways are attacked. `npm run chaos -- --seconds 600 --seed 7` for a longer run, or to repeat one: the seed decides which
 * faults of a kind come in which order.
 */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ModelFault } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import { sessionOfAttackers } from '../e2e/attackers.ts';
import { startPostgres } from '../support/postgres.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { INSPECTED, isBack, vitalsOf } from '../support/vitals.ts';
import { attack, attackOnce } from './attackers.ts';
import { wronglyEnded } from './ended.ts';
import { faults, loseLogs } from './faults.ts';
import { misbehave, Wires } from './network.ts';
import { PolicyTalk } from './policies.ts';
import { ANSWER, ProvidedTalk, PROVIDER } from './provided.ts';
import { createRandom } from './random.ts';
import { SteeredTalk } from './steered.ts';
import { BesideTalk, BurstTalk, ModelTalk, SETTLE_MS, SteadyTalk } from './talks.ts';
import type { Talk } from './talks.ts';
import { CONFIG, WorkTalk } from './work.ts';

/** Of what a process has said, when a run fails. */
const TOLD_CHARS = 4_000;
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 30);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const STEADY = 6;
const WORK = 2;
const STEERED = 2;
const CALLS = join(tmpdir(), `convoke-chaos-${process.pid}`);
/** How long a wire misbehaves, and then works, ms. Redis that is silent is found after five seconds. */
const BROKEN_MS = [50, 6_000] as const;
const WHOLE_MS = [200, 2_000] as const;

let stack: Stack;
const wires = new Wires();
const modelFaults: ModelFault[] = [];
const stops: (() => Promise<void>)[] = [];

/** The same address, with a wire in between. */
async function through(from: string, to: string, address: string): Promise<string> {
  const url = new URL(address);
  url.port = String(await wires.lead(from, to, Number(url.port)));
  return url.href;
}

beforeAll(async () => {
  const [archive, odd, far] = await Promise.all([
    startPostgres(),
    startScriptedModel({ faults: modelFaults }),
    startScriptedModel(ANSWER),
  ]);
  stops.push(archive.stop, odd.stop, far.stop);
  await writeFile(CALLS, '');
  const provider = { baseUrl: await through('workers', 'provider', far.url), apiKey: 'k', model: 'm' };
  const env = {
    ...{ OPENAI_BASE_URL: odd.url, OPENAI_API_KEY: 'k', CONVOKE_MODEL: 'm' },
    ...{ CONVOKE_PROVIDERS: JSON.stringify({ [PROVIDER]: provider }) },
    ...{ CONVOKE_CONFIG: CONFIG, CHAOS_CALLS: CALLS },
    CONVOKE_ARCHIVE_URL: await through('workers', 'archive', archive.url),
    CONVOKE_HIBERNATE_AFTER_MS: '2000',
  };
  const gatewayEnv = {
    ...INSPECTED,
    CONVOKE_ARCHIVE_URL: await through('gateways', 'archive', archive.url),
  };
  const wire = (from: string, to: string, port: number): Promise<number> => wires.lead(from, to, port);
  stack = await startStack({ gateways: 2, workers: 2, env, gatewayEnv, wire });
}, 120_000);

afterAll(async () => {
  await stack.stop();
  await wires.stop();
  await Promise.all(stops.map((stop) => stop()));
  await rm(CALLS, { force: true });
});

function openTalks(urls: readonly string[]): Promise<readonly Talk[]> {
  return Promise.all([
    ...Array.from({ length: STEADY }, () => SteadyTalk.open(urls)),
    BurstTalk.open(urls),
    BesideTalk.open(urls),
    ModelTalk.open(urls, createRandom(SEED + 1), modelFaults),
    ProvidedTalk.open(urls),
    PolicyTalk.open(urls, createRandom(SEED + 2)),
    ...Array.from({ length: WORK }, () => WorkTalk.open(urls, CALLS)),
    ...Array.from({ length: STEERED }, () => SteeredTalk.open(urls, CALLS)),
  ]);
}

async function killing(going: () => boolean): Promise<readonly string[]> {
  const random = createRandom(SEED);
  const done: string[] = [];
  while (going()) done.push(await random.pick(faults)(stack, random));
  return done;
}

/** Everything that goes wrong, by its kind, in the order in which it did. */
async function storm(
  session: string,
  going: () => boolean,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const [kills, attacks, network] = await Promise.all([
    killing(going),
    attack(stack, session, { random: createRandom(SEED + 3), going }),
    misbehave(wires.all, { random: createRandom(SEED + 4), brokenMs: BROKEN_MS, wholeMs: WHOLE_MS, going }),
  ]);
  return { kills, network, attacks };
}

const ready = async ({ url }: { readonly url: string }): Promise<boolean> =>
  (await fetch(`${url}/readyz`)).ok;

test(
  `${SECONDS} s of random faults in sessions with talk, bursts, policies, models that misbehave, tools, teams, people and times (seed ${SEED})`,
  async () => {
    const session = await sessionOfAttackers(stack.urls[0]!);
    await attackOnce(stack, session);
    const before = await Promise.all(stack.gateways.map(vitalsOf));
    const talks = await openTalks(stack.urls);
    const until = performance.now() + SECONDS * 1_000;
    const failed = new AbortController();
    const going = (): boolean => performance.now() < until && !failed.signal.aborted;
    const talking = Promise.all(talks.map((talk) => talk.run(going)));
    talking.catch(() => failed.abort());
    const done = await storm(session, going);
    const list = Object.entries(done).map(([kind, each]) => `${each.length} ${kind}: ${each.join(', ')}`);
    const settled = async (): Promise<void> => {
      await talking;
      for (const gateway of stack.gateways) await eventually('it is ready', () => ready(gateway), SETTLE_MS);
    };
    await settled().catch(async (error: unknown) => {
      console.log(`after ${list.join('\n')}`);
      for (const each of [...stack.workers, ...stack.gateways]) console.log(each.output().slice(-TOLD_CHARS));
      console.log((await wronglyEnded(stack.temporal.address)).join('\n'));
      throw error;
    });
    for (const talk of talks) await talk.check();
    await loseLogs(stack);
    for (const talk of talks) await talk.checkKept();
    for (const talk of talks) talk.close();
    const messages = talks.map(({ accepted }) => accepted.length);
    const after = await Promise.all(stack.gateways.map((gateway, index) => isBack(gateway, before[index]!)));
    console.log(`${messages.join(' + ')} messages answered through\n${list.join('\n')}`);
    console.log('gateways before', before, 'and after', after);
    for (const each of [...Object.values(done).map(({ length }) => length), ...messages])
      expect(each).toBeGreaterThan(0);
  },
  SECONDS * 1_000 + 4 * SETTLE_MS,
);
