/**
 * An end that a client has seen stands: it was durable before it was shown. Worker and log are lost together, at random moments and at the
 * moment that a client sees an end; afterwards every end that any client saw is in the transcript, the same attempt, to the letter.
 *
 * `CHAOS_LOSSES` sets how often: 6 in `npm test`, 200 in `npm run chaos`.
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { endsStep, endsTurn } from '../../src/contracts/index.ts';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectOrdered, expectWhole, openSession, Recorder } from '../e2e/scene.ts';
import { createRandom } from './random.ts';

const LOSSES = Number(process.env['CHAOS_LOSSES'] ?? 6);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const SESSIONS = 4;
/** A loss takes about two seconds, most of them a worker's start; more on a busy machine. */
const LOSS_MS = 8_000;
const SETTLE_MS = 180_000;

let stack: Stack;
let redis: Redis;
let talks: readonly Talk[] = [];

beforeAll(async () => {
  stack = await startStack({ gateways: 1, workers: 2 });
  redis = new Redis(stack.redis.url);
  await once(redis, 'ready');
}, 120_000);

afterAll(async () => {
  for (const { seen } of talks) seen.close();
  redis.disconnect();
  await stack.stop();
});

const ends = ({ type }: SessionEvent): boolean => endsStep(type) || endsTurn(type);

/** What must not change: which attempt ended it, when, and how. */
const facts = ({ id, type, attempt, at, data }: SessionEvent): object => ({ id, type, attempt, at, data });

interface Talk {
  readonly id: string;
  readonly seen: Recorder;
}

async function openTalk(index: number): Promise<Talk> {
  const agent = (name: string): object => ({ name, runner: 'scripted', script: { tokens: 4, paceMs: 15 } });
  const team = index % 2 === 0 ? 'sequence' : 'parallel';
  const id = await openSession(stack.urls[0]!, [agent('a'), agent('b')] as never, undefined, team);
  const seen = new Recorder(stack.urls, id);
  await seen.session.ready();
  return { id, seen };
}

async function talk(seen: Recorder, going: () => boolean): Promise<number> {
  let sent = 0;
  while (going()) {
    sent += 1;
    await seen.session.send({ messageId: `m${sent}`, text: 'go on' });
    const answered = (): boolean =>
      seen.view.turns.some(({ turn, status }) => turn === `t${sent}` && status !== 'running');
    await eventually(`m${sent} is answered`, answered, SETTLE_MS);
  }
  return sent;
}

test(
  `every end that a client saw stands through ${LOSSES} losses of a worker and the log (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED);
    let left = LOSSES;
    talks = await Promise.all(Array.from({ length: SESSIONS }, (_, index) => openTalk(index)));
    const talking = Promise.all(talks.map(({ seen }) => talk(seen, () => left > 0)));
    /** Resolves with the next end that this client sees. */
    const nextEnd = ({ seen }: Talk): Promise<void> => {
      const { length } = seen.events;
      return eventually('a client sees an end', () => seen.events.slice(length).some(ends), SETTLE_MS);
    };
    for (; left > 0; left -= 1) {
      // At once, or somewhere in the turns that follow; and not again before somebody has got further.
      await nextEnd(random.pick(talks));
      if (random.between(0, 1) < 0.5) await pause(random.between(0, 300));
      const worker = random.pick(stack.workers);
      await Promise.all([worker.end('SIGKILL'), redis.flushall()]);
      await worker.start();
    }
    const sent = await talking;
    let compared = 0;
    for (const { id, seen } of talks) {
      const events = await allEvents(stack.urls[0]!, id);
      expectWhole(events);
      expectOrdered(seen);
      const stands = new Map(events.filter(ends).map((event) => [event.id, facts(event)]));
      for (const event of seen.events.filter(ends)) {
        expect(stands.get(event.id)).toEqual(facts(event));
        compared += 1;
      }
    }
    const messages = sent.reduce((sum, each) => sum + each, 0);
    console.log(
      `${compared} ends seen by clients stand; ${messages} messages answered through ${LOSSES} losses`,
    );
    expect(compared).toBeGreaterThan(LOSSES);
  },
  LOSSES * LOSS_MS + 2 * SETTLE_MS,
);
