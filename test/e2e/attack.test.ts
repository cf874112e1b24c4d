/** A gateway under attack serves the others, and is afterwards what it was before. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ASSAULTS, assault } from '../support/attack.ts';
import { OTHER_KEY, startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { INSPECTED, isBack, vitalsOf } from '../support/vitals.ts';
import { freshId, openSession, Recorder, rest, speaker, transcript, words } from './scene.ts';

const TOKENS = 40;
const ROUNDS = 3;
/** Fewer than an attack holds at a time. */
const CROWD = 200;

let stack: Stack;
let session: string;

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 1, gatewayEnv: INSPECTED });
  session = await ofAttackers();
}, 60_000);
afterAll(() => stack.stop());

/** A session of another tenant that has something to read. */
async function ofAttackers(): Promise<string> {
  const [url = ''] = stack.urls;
  const id = freshId();
  const agents = [{ name: 'a', runner: 'scripted', script: { say: '{{message}}' } }];
  const call = { key: OTHER_KEY, body: { id, agents } };
  expect((await rest(url, 'POST', '/v1/sessions', call)).status).toBe(201);
  const seen = new Recorder(url, id, OTHER_KEY);
  for (let count = 1; count <= 5; count += 1) {
    await seen.session.send('x'.repeat(20_000));
    await seen.turnsEnded(count);
  }
  seen.close();
  return id;
}

/** All kinds at once, some connections of each. */
async function everyAssault(): Promise<void> {
  const target = { port: stack.gateways[0]!.port, key: OTHER_KEY, session, heldMs: 1_000 };
  await Promise.all(Object.keys(ASSAULTS).map((name) => assault(name, target)));
}

/** Counts, until it is stopped, the most files that the process has open. */
function mostFiles(pid: number): { stop(): number } {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, readdirSync(`/proc/${pid}/fd`).length);
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

test('memory, files and event loop are back where they were before, and others were served', async () => {
  const [gateway] = stack.gateways as [Stack['gateways'][0]];
  const id = await openSession(gateway.url, [speaker('writer', TOKENS)]);
  const seen = new Recorder(gateway.url, id);
  // What is loaded at its first use is there.
  await everyAssault();
  const before = await vitalsOf(gateway);
  const files = mostFiles(gateway.pid);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await seen.session.send({ messageId: `m${round}`, text: 'go on' });
    await everyAssault();
  }
  expect(files.stop()).toBeGreaterThan(before.files + CROWD);
  await seen.turnsEnded(ROUNDS);
  const said = Array.from({ length: ROUNDS }, () => `writer: ${words(TOKENS)}`);
  expect(await transcript(gateway.url, id)).toEqual(said);
  await isBack(gateway, before);
  seen.close();
}, 240_000);
