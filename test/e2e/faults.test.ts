/** The faults that the product must survive: each test kills a real process in the middle of a streamed answer. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import { presenceOf } from '../../src/client/presence.ts';
import type { Presence } from '../../src/client/presence.ts';
import { LIMITS, openSteps } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { workerOf } from '../support/worker-of.ts';
import { RawClient } from './raw-client.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  openSession,
  Recorder,
  rest,
  speaker,
  transcript,
  words,
} from './scene.ts';

const TOKENS = 60;
const AGENTS = [speaker('writer', TOKENS), speaker('critic', 10)];
const SAID = [`writer: ${words(TOKENS)}`, `critic: ${words(10)}`];

let stack: Stack;
const closers: (() => void)[] = [];

beforeAll(async () => {
  stack = await startStack({ gateways: 2, workers: 2 });
}, 60_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await stack.stop();
});

function record(urls: string | readonly string[], id: string): Recorder {
  const recorder = new Recorder(urls, id);
  closers.push(() => recorder.close());
  return recorder;
}

/** A session that is in the middle of an answer. */
async function streaming(
  urls: string | readonly string[] = stack.urls,
): Promise<{ id: string; seen: Recorder }> {
  const id = await openSession(stack.urls[0]!, AGENTS);
  const seen = record(urls, id);
  await seen.session.ready();
  await seen.session.send('Go.');
  await seen.streaming();
  return { id, seen };
}

async function expectIntact(id: string, seen: Recorder): Promise<void> {
  const url = stack.gateways[1]!.url;
  expectWhole(await allEvents(url, id));
  expectOrdered(seen);
  expect(await transcript(url, id)).toEqual(SAID);
  expect(seen.steps.map((step) => `${step.agent}: ${step.text}`)).toEqual(SAID);
}

describe('a worker', () => {
  test('SIGKILL: the other one answers, superseded text is withdrawn', async () => {
    const { id, seen } = await streaming();
    const worker = await workerOf(stack, id);
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of seen.session.turn('t1')) {
        if (piece.type === 'withdrawn') pieces.length = 0;
        if (piece.type === 'text' && piece.agent === 'writer') pieces.push(piece.text);
      }
    })();
    await worker.end('SIGKILL');
    const killed = performance.now();
    await eventually('the next attempt speaks', () => seen.deltas.some((delta) => delta.attempt > 1));
    const gap = seen.deltas.find((delta) => delta.attempt > 1)!.at - killed;
    await seen.turnsEnded(1);
    await reading;
    await expectIntact(id, seen);
    expect(pieces.join('')).toBe(words(TOKENS));
    const events = await allEvents(stack.urls[0]!, id);
    expect(events.filter((event) => event.type === 'step.restarted')).toHaveLength(1);
    // The promise is 3 s; `npm run bench` measures it.
    expect(gap).toBeLessThan(3_000);
    await worker.start();
  });

  test('SIGTERM: its step goes on elsewhere or ends there, nobody sees an error', async () => {
    const { id, seen } = await streaming();
    const worker = await workerOf(stack, id);
    const code = await worker.end('SIGTERM');
    expect(code).toBe(0);
    await seen.turnsEnded(1);
    await expectIntact(id, seen);
    await worker.start();
  });
});

describe('a gateway', () => {
  test('SIGKILL: the client resumes on another one by its cursor', async () => {
    const { id, seen } = await streaming();
    const on = stack.gateways.find((gateway) => gateway.url === seen.client.status.url)!;
    await on.end('SIGKILL');
    await seen.turnsEnded(1);
    expect(seen.modes).toEqual(['snapshot', 'resume']);
    expect(seen.resets).toEqual([]);
    await on.start();
    await expectIntact(id, seen);
  });

  test('SIGKILL: another one sends what the cursor lacks, and no character twice', async () => {
    const { id, seen } = await streaming();
    const [one, two] = stack.gateways;
    const raw = new RawClient(id);
    closers.push(() => raw.close());
    await raw.connect(one!.url);
    const from = (await raw.subscribe()).snapshot!;
    const before = openSteps(from)[0]!;
    await eventually('it is told of more', () => raw.deltas.length > 5);
    await one!.end('SIGKILL');
    await raw.lost();
    const told = raw.deltas.length;
    await raw.connect(two!.url);
    expect((await raw.subscribe()).mode).toBe('resume');
    await seen.turnsEnded(1);
    await eventually('it is told of the end', () => raw.events.at(-1)?.type === 'turn.completed');
    await one!.start();
    expect(raw.deltas.length).toBeGreaterThan(told);
    expect(raw.events.map(({ seq }) => seq)).toEqual(raw.events.map((_, at) => from.position.seq + 1 + at));
    const texts = new Map([[before.step, before.text]]);
    for (const { step, attempt, offset, text } of raw.deltas) {
      const have = texts.get(step) ?? '';
      expect({ step, attempt, offset }).toEqual({ step, attempt: 1, offset: have.length });
      texts.set(step, have + text);
    }
    const ends = raw.events.filter((event) => event.type === 'step.completed');
    expect(ends.map((event) => `${event.agent}: ${event.data.text}`)).toEqual(SAID);
    for (const { step = '', data } of ends) expect(data.text.startsWith(texts.get(step) ?? '')).toBe(true);
  });

  test('SIGKILL: who was present there, and nobody else, is gone within seconds, and back with the gateway', async () => {
    const id = await openSession(stack.urls[0]!, AGENTS);
    const [one, two] = stack.gateways;
    const join = async (url: string, from: string): Promise<Presence> => {
      const client = connect({ url, token: 'dev', reconnect: { minMs: 50, maxMs: 200 } });
      closers.push(() => client.close());
      const presence = presenceOf(client.session(id));
      await presence.join({ from });
      return presence;
    };
    const [, bob] = [await join(one!.url, 'ana'), await join(two!.url, 'bob')];
    const present = (): string => bob.list.present.map(({ subject }) => subject).join();
    await eventually('both are present', () => present() === 'ana,bob');
    await one!.end('SIGKILL');
    const killed = performance.now();
    await eventually('one is gone', () => present() === 'bob', LIMITS.gatewayMs + 3 * LIMITS.fleetEveryMs);
    expect(performance.now() - killed).toBeLessThan(LIMITS.gatewayMs + 3 * LIMITS.fleetEveryMs);
    await one!.start();
    await eventually('she is back', () => present() === 'bob,ana');
  });

  test('SIGTERM: it drains, the client goes on elsewhere without an error', async () => {
    const { id, seen } = await streaming();
    const errors: unknown[] = [];
    seen.client.on('status', ({ error }) => {
      if (error) errors.push(error);
    });
    const on = stack.gateways.find((gateway) => gateway.url === seen.client.status.url)!;
    expect(await on.end('SIGTERM')).toBe(0);
    await seen.turnsEnded(1);
    expect(errors).toEqual([]);
    expect(seen.modes).toEqual(['snapshot', 'resume']);
    await on.start();
    await expectIntact(id, seen);
  });
});

describe('Redis', () => {
  test('killed and empty again: a new epoch, the same transcript', async () => {
    const { id, seen } = await streaming();
    const { epoch } = seen.view.position;
    await stack.redis.kill();
    await stack.redis.start();
    await seen.turnsEnded(1);
    expect(seen.view.position.epoch).toBeGreaterThan(epoch);
    await expectIntact(id, seen);
  });

  test('away for 10 s: what is sent meanwhile is accepted, and answered', async () => {
    const { id, seen } = await streaming();
    await stack.redis.kill();
    const down = performance.now();
    const body = { messageId: 'meanwhile', text: 'Are you there?' };
    const sent = await rest(stack.urls[1]!, 'POST', `/v1/sessions/${id}/messages`, { body });
    expect(sent.status).toBe(202);
    await eventually('10 s have passed', () => performance.now() - down > 10_000);
    await stack.redis.start();
    await seen.turnsEnded(2, 40_000);
    expectWhole(await allEvents(stack.urls[0]!, id));
    expect(await transcript(stack.urls[0]!, id)).toEqual([...SAID, ...SAID]);
    expect(seen.steps.map((step) => `${step.agent}: ${step.text}`)).toEqual([...SAID, ...SAID]);
  });
});

describe('Temporal', () => {
  test('SIGKILL and start: nothing accepted is lost, sends meanwhile are refused soon, with the time to come back', async () => {
    const { id, seen } = await streaming();
    const path = `/v1/sessions/${id}/messages`;
    const queued = await rest(stack.urls[0]!, 'POST', path, { body: { messageId: 'queued', text: 'And?' } });
    expect(queued.status).toBe(202);
    await stack.temporal.kill();
    const asked = performance.now();
    const refused = await rest(stack.urls[0]!, 'POST', path, { body: { messageId: 'refused', text: 'Hm?' } });
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'temporal_unavailable', retryable: true });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await stack.temporal.start();
    await seen.turnsEnded(2, 60_000);
    expectWhole(await allEvents(stack.urls[0]!, id));
    expect(await transcript(stack.urls[0]!, id)).toEqual([...SAID, ...SAID]);
    const standing = await rest(stack.urls[0]!, 'GET', `${path}/refused`);
    expect(standing.body).toMatchObject({ code: 'message_not_found' });
  });
});

test('the same message 50 times, by REST and socket, from two gateways: one turn', async () => {
  const id = await openSession(stack.urls[0]!, [speaker('writer', 3)]);
  const seen = record(stack.urls, id);
  const sockets = await Promise.all(
    stack.urls.map(async (url) => {
      const raw = new RawClient(id);
      closers.push(() => raw.close());
      await raw.connect(url);
      return raw;
    }),
  );
  const body = { messageId: 'once', text: 'Only once.' };
  const sends = Array.from({ length: 50 }, async (_, index) => {
    const gateway = (index >> 1) % 2;
    if (index % 2 === 1) return (await sockets[gateway]!.request('send', { session: id, ...body })).ok;
    const path = `/v1/sessions/${id}/messages`;
    return (await rest(stack.urls[gateway]!, 'POST', path, { body })).status === 202;
  });
  expect(await Promise.all(sends)).toEqual(sends.map(() => true));
  await seen.turnsEnded(1);
  const last = await rest(stack.urls[0]!, 'POST', `/v1/sessions/${id}/messages`, {
    body: { messageId: 'next', text: 'Next.' },
  });
  expect(last.status).toBe(202);
  await seen.turnsEnded(2);
  const events = await allEvents(stack.urls[0]!, id);
  expectWhole(events);
  expect(events.filter((event) => event.type === 'turn.started')).toHaveLength(2);
  expect(events.filter((event) => event.type === 'message.accepted')).toHaveLength(2);
});
