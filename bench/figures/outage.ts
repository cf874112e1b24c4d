/** Redis is away: how fast do the histories of sessions grow that have work? */
import { setTimeout as pause } from 'node:timers/promises';
import { workflowId } from '../../src/contracts/index.ts';
import type { Shape, Talk } from '../engine.ts';
import type { NamedFigure } from '../figure.ts';
import { historyEvents } from '../history.ts';
import type { Stage } from '../stage.ts';

const HOUR_MS = 3_600_000;
const GOAL = 60;
const SLOW: Shape = { agents: 1, tokens: 20, paceMs: 200 };
const PLAIN: Shape = { agents: 1, tokens: 20 };

/** A session that has work when Redis goes. */
interface Case {
  readonly name: string;
  readonly shape: Shape;
  /** Begins to speak before. */
  readonly speaks: boolean;
  /** Gets a message meanwhile. */
  readonly asked: boolean;
}

const CASES: readonly Case[] = [
  { name: 'running step', shape: SLOW, speaks: true, asked: false },
  { name: 'new message', shape: PLAIN, speaks: false, asked: true },
  { name: 'message that waits for its turn', shape: SLOW, speaks: true, asked: true },
  { name: 'quick step', shape: { ...PLAIN, quick: true }, speaks: false, asked: true },
];

async function prepare(stage: Stage, { shape, speaks }: Case): Promise<Talk> {
  const talk = await stage.product.open(shape);
  if (speaks) {
    const token = talk.nextToken(1);
    await talk.send();
    await token;
  } else await talk.ask();
  return talk;
}

/** Extrapolated to an hour. */
async function growth(stage: Stage, talks: readonly Talk[], windowMs: number): Promise<readonly number[]> {
  const count = () =>
    Promise.all(
      talks.map(({ session }) => historyEvents(stage.temporal, workflowId({ tenant: 'dev', session }))),
    );
  const before = await count();
  await pause(windowMs);
  const after = await count();
  return after.map((events, index) => ((events - (before[index] ?? 0)) * HOUR_MS) / windowMs);
}

export async function measureOutage(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  // First comes what happens once: the loss is noticed, running steps stop.
  const [settleMs, windowMs] = short ? [1_000, 4_000] : [10_000, 60_000];
  const talks = await Promise.all(CASES.map((each) => prepare(stage, each)));
  let grown: readonly number[];
  await stage.redisServer.kill();
  try {
    await Promise.all(talks.filter((_, index) => CASES[index]?.asked).map((talk) => talk.send()));
    await pause(settleMs);
    grown = await growth(stage, talks, windowMs);
  } finally {
    await stage.redisServer.start();
  }
  // Nothing is lost: each session answers what comes next.
  await Promise.all(talks.map((talk) => talk.ask()));
  for (const talk of talks) talk.close();
  const value = Math.max(...grown);
  const seen = CASES.map(({ name }, index) => `${name} ${grown[index]?.toFixed(0)}`).join(', ');
  return [
    {
      name: 'outageEvents',
      title: `Redis away: history events an hour, from ${windowMs / 1000} s (${seen})`,
      ...{ value, bare: null, ratio: null, goal: `≤ ${GOAL}`, ok: value <= GOAL },
    },
  ];
}
