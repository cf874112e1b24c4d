/** A gateway under attack serves the others, and is afterwards what it was before. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ASSAULTS, assault } from '../support/attack.ts';
import { OTHER_KEY, startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { INSPECTED, isBack, vitalsOf } from '../support/vitals.ts';
import { sessionOfAttackers } from './attackers.ts';
import { openSession, Recorder, speaker, transcript, words } from './scene.ts';

const TOKENS = 40;
const ROUNDS = 3;
/** Fewer than an attack holds at a time. */
const CROWD = 200;

let stack: Stack;
let session: string;

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 1, gatewayEnv: INSPECTED });
  session = await sessionOfAttackers(stack.urls[0]!);
}, 60_000);
afterAll(() => stack.stop());

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
