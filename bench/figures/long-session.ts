/** A session that has had 500 turns beside one that has had none. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { sessionKey, workflowId, type SessionRef } from '../../src/contracts/index.ts';
import type { Shape, Talk } from '../engine.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { historyEvents, historyLength } from '../history.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 1, tokens: 20 };
/** Compared in blocks of this many turns; the median block counts. */
const BLOCK = 10;
const SPACE_MS = 80;

interface Plan {
  readonly turns: number;
  /** The turns compared on either side. */
  readonly compared: number;
  /** Growth is compared from here on: before, Redis keeps a session's ids in its compact form, which ends once, at 512 events. */
  readonly countedFrom: number;
}

const PLAN: Plan = { turns: 500, compared: 60, countedFrom: 110 };
const SHORT: Plan = { turns: 60, compared: 10, countedFrom: 10 };

export const refOf = (talk: Talk): SessionRef => ({ tenant: 'dev', session: talk.session });

/** Bytes that a session's keys take in Redis. */
export async function redisBytes(redis: Redis, ref: SessionRef): Promise<number> {
  let bytes = 0;
  for await (const keys of redis.scanStream({ match: `*{${sessionKey(ref)}}*`, count: 1000 })) {
    for (const key of keys as string[]) bytes += (await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
  }
  return bytes;
}

interface Mark {
  readonly turn: number;
  readonly events: number;
  readonly bytes: number;
}

/** Asks until `until` turns are had, and notes what they have cost so far. */
async function growTo(stage: Stage, talk: Talk, from: number, until: number): Promise<Mark> {
  for (let turn = from; turn < until; turn += 1) await talk.ask();
  const ref = refOf(talk);
  await historyLength(stage.temporal, workflowId(ref));
  return {
    turn: until,
    events: await historyEvents(stage.temporal, workflowId(ref)),
    bytes: await redisBytes(stage.redis, ref),
  };
}

function growth(
  name: string,
  title: string,
  marks: readonly [Mark, Mark, Mark],
  of: 'events' | 'bytes',
): NamedFigure {
  const [first, middle, last] = marks;
  const perTurn = (from: Mark, to: Mark): number => (to[of] - from[of]) / (to.turn - from.turn);
  const [before, after] = [perTurn(first, middle), perTurn(middle, last)];
  return atMost(
    { name, title: `${title} (early: ${before.toFixed(1)})`, value: after, bare: null },
    after / before,
    1.1,
  );
}

/** An old session and a fresh one are asked by turns. */
export async function compare(
  old: Talk,
  fresh: Talk,
  compared: number,
): Promise<{ early: number; late: number; ratio: number }> {
  const blocks: { readonly early: number; readonly late: number }[] = [];
  while (blocks.length < compared / BLOCK) {
    const took: Readonly<Record<'fresh' | 'old', number[]>> = { fresh: [], old: [] };
    for (let turn = 0; turn < BLOCK; turn += 1) {
      const pair = [['fresh', fresh] as const, ['old', old] as const];
      for (const [name, talk] of turn % 2 === 0 ? pair : pair.toReversed()) {
        took[name].push((await talk.ask()).lastMs);
        await pause(SPACE_MS);
      }
    }
    blocks.push({ early: median(took.fresh), late: median(took.old) });
  }
  for (const talk of [old, fresh]) talk.close();
  return {
    early: median(blocks.map(({ early }) => early)),
    late: median(blocks.map(({ late }) => late)),
    ratio: median(blocks.map(({ early, late }) => late / early)),
  };
}

export async function measureLongSession(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const { turns, compared, countedFrom } = short ? SHORT : PLAN;
  const old = await stage.product.open(SHAPE);
  const span = Math.floor((turns - compared - countedFrom) / 2);
  const marks: [Mark, Mark, Mark] = [
    await growTo(stage, old, 0, countedFrom),
    await growTo(stage, old, countedFrom, countedFrom + span),
    await growTo(stage, old, countedFrom + span, turns - compared),
  ];
  const { early, late, ratio } = await compare(old, await stage.product.open(SHAPE), compared);
  const title = `send → last token, turns ${turns - compared + 1} to ${turns}, ms (turns 1 to ${compared}: ${early.toFixed(1)})`;
  return [
    atMost({ name: 'lateTurn', title, value: late, bare: null }, ratio, 1.1),
    growth('historyEventsLate', 'history events a turn, late, continue-as-new included', marks, 'events'),
    growth('redisBytesLate', 'bytes in Redis a turn, late', marks, 'bytes'),
  ];
}
