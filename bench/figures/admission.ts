/** What it costs to accept a message. No worker runs meanwhile: what is seen is the gateway's. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Engine, Talk } from '../engine.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { median, percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

const SHAPE = { agents: 1, tokens: 1 } as const;
/** Each session takes a part of the messages: how many may wait in one is bounded. */
const SESSIONS = 4;

async function opened(engine: Engine): Promise<readonly Talk[]> {
  const talks = await Promise.all(Array.from({ length: SESSIONS }, () => engine.open(SHAPE)));
  await Promise.all(talks.map((talk) => talk.ask()));
  return talks;
}

/** Sends to all in turn, one message after the other; ms of each. */
async function send(talks: readonly Talk[], each: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let message = 0; message < each; message += 1) {
    for (const talk of talks) took.push(await talk.send());
  }
  return took;
}

/** Calls of clients that Redis gets while `work` runs; what scripts call is not among them. */
async function callsDuring(redis: Redis, work: () => Promise<unknown>): Promise<number> {
  const monitor = await redis.monitor();
  let calls = 0;
  monitor.on('monitor', (_time: string, _args: string[], source: string) => {
    if (source !== 'lua') calls += 1;
  });
  await work();
  monitor.disconnect();
  return calls;
}

export async function measureAdmission(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, each] = short ? [1, 3] : [5, 6];
  const [product, bare] = [await opened(stage.product), await opened(stage.bare)];
  await Promise.all([stage.productWorker.end('SIGTERM'), stage.bareWorker.end('SIGTERM')]);
  const of = { product: [] as (readonly number[])[], bare: [] as (readonly number[])[] };
  let calls: number;
  try {
    for (let round = 0; round < rounds; round += 1) {
      of.bare.push(await send(bare, each));
      of.product.push(await send(product, each));
    }
    let tookMs = 0;
    const busy = await callsDuring(stage.redis, async () => {
      const took = await send(product, each);
      tookMs = took.reduce((sum, ms) => sum + ms, 0);
    });
    const resting = await callsDuring(stage.redis, () => pause(tookMs));
    calls = (busy - resting) / (SESSIONS * each);
  } finally {
    await Promise.all([stage.productWorker.start(), stage.bareWorker.start()]);
  }
  // What waited is answered before anything else is measured.
  await Promise.all([...product, ...bare].map((talk) => talk.ask()));
  for (const talk of [...product, ...bare]) talk.close();
  const time = (share: number, took: readonly (readonly number[])[]): number =>
    percentile(took.flat(), share);
  return [
    stated(
      'admission',
      'a message is accepted after, p50, ms',
      time(0.5, of.product),
      median(of.bare.flat()),
    ),
    stated('admissionP99', 'the same, p99, ms', time(0.99, of.product), time(0.99, of.bare)),
    { ...stated('admissionRedisCalls', 'calls of Redis to accept a message', calls, 0), ratio: null },
  ];
}
