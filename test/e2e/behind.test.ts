/** What clients notice of an engine that is behind, and of gateways and workers that are restarted one after the other: that it takes longer. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { tellWaits } from '../../src/quota/index.ts';
import { eventually } from '../support/process.ts';
import { startStack, type Stack } from '../support/stack.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  openSession,
  Recorder,
  rest,
  speaker,
  words,
} from './scene.ts';

const OVER_MS = 120_000;

let stack: Stack;
let redis: Commands;

beforeAll(async () => {
  stack = await startStack({ gateways: 2, workers: 2 });
  redis = connectRedis(stack.redis.url, () => undefined);
  await redis.connect();
}, OVER_MS);

afterAll(async () => {
  redis.disconnect();
  await stack.stop();
});

test(
  'while turns of a tenant wait for workers its messages are refused with a moment to come back; the SDK comes, and all is answered',
  async () => {
    const url = stack.urls[0]!;
    const seen = new Recorder(stack.urls, await openSession(url, [speaker('ann', 3)]));
    await seen.session.ready();
    const ids = await Promise.all(Array.from({ length: 10 }, () => openSession(url, [speaker('bob', 1)])));
    const worker = tellWaits(redis);
    const begin = (): void => {
      for (let turn = 0; turn < LIMITS.waitsLeast; turn += 1) worker.begun('dev', 3_000);
    };
    begin();
    const behind = setInterval(begin, 1_000);
    const paths: string[] = [];
    let refused = await rest<{ readonly code?: string }>(url, 'GET', '/readyz');
    await eventually('a message is refused', async () => {
      const path = `/v1/sessions/${ids[paths.length % ids.length]!}/messages`;
      const messageId = `m${paths.length}`;
      refused = await rest(url, 'POST', path, { body: { messageId, text: 'Hello.' } });
      if (refused.status === 202) paths.push(`${path}/${messageId}`);
      return refused.status === 503;
    });
    expect(refused.body.code).toBe('overloaded');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const sent = seen.session.send('Are you there?');
    await eventually(
      'the SDK has been refused, or let in',
      () => seen.session.pending[0]?.state !== 'sending',
    );
    clearInterval(behind);
    worker.close();
    await redis.del('convoke:{waits}');
    expect((await sent).status).toBe('accepted');
    await seen.turnsEnded(1, OVER_MS);
    await eventually('what was accepted is answered', async () => {
      const receipts = await Promise.all(
        paths.map((path) => rest<{ readonly turnStatus?: string }>(url, 'GET', path)),
      );
      return receipts.every(({ body }) => body.turnStatus === 'completed');
    });
    seen.close();
  },
  OVER_MS,
);

test(
  'gateways and workers are restarted one after the other: every event once, in order, no turn fails, no send is lost',
  async () => {
    const talks = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name, at) => {
        const id = await openSession(stack.urls[0]!, [speaker(name, at === 0 ? 60 : 20)]);
        const urls = at % 2 === 0 ? stack.urls : [...stack.urls].reverse();
        const seen = new Recorder(urls, id);
        await seen.session.ready();
        return seen;
      }),
    );
    let over = false;
    const talking = talks.map(async (seen) => {
      for (let sent = 0; !over; sent += 1) {
        expect((await seen.session.send(`Go on (${sent}).`)).status).toBe('accepted');
        await seen.turnsEnded(sent + 1, OVER_MS);
      }
    });
    const restarting = async (): Promise<void> => {
      for (const role of [...stack.gateways, ...stack.workers]) {
        expect(await role.end('SIGTERM')).toBe(0);
        await role.start();
      }
    };
    await restarting().finally(() => {
      over = true;
    });
    await Promise.all(talking);
    for (const seen of talks) {
      const events = await allEvents(stack.urls[0]!, seen.session.id);
      expectWhole(events);
      expectOrdered(seen);
      const { seq } = events.at(-1)!;
      await seen.until('it has what the log has', ({ position }) => position.seq === seq);
      expect(seen.resets).toEqual([]);
      expect(seen.view.turns.filter(({ status }) => status !== 'completed')).toEqual([]);
      const said = seen.steps.map(({ text }) => text);
      expect(new Set(said)).toEqual(new Set([words(seen === talks[0] ? 60 : 20)]));
      expect(seen.client.status.state).toBe('online');
      seen.close();
    }
  },
  OVER_MS,
);
