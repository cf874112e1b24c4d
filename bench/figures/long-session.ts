/** A session that has had 500 turns beside one that has had none. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Redis } from 'ioredis';
import { sessionKey, workflowId, type SessionRef } from '../../src/contracts/index.ts';
import type { Shape, Talk } from '../engine.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { historyLength } from './history.ts';

const SHAPE: Shape = { agents: 1, tokens: 20 };
const TURNS = 500;
/** The turns compared on either side. */
const COMPARED = 60;
/** Compared in blocks of this many; the median block counts. */
const BLOCK = 10;
/** Growth is compared from here on: before, Redis keeps a session's ids in its compact form, which ends once, at 512 events. */
const COUNTED_FROM = 110;
const SPACE_MS = 80;

const refOf = (talk: Talk): SessionRef => ({ tenant: 'dev', session: talk.session });

/** Events of all runs of a session's workflow. */
async function historyEvents(temporal: Client, ref: SessionRef): Promise<number> {
  const id = workflowId(ref);
  let events = await historyLength(temporal, id);
  // Earlier runs are closed, and so is their length.
  let { runId } = await temporal.workflow.getHandle(id).describe();
  for (;;) {
    const { history } = await temporal.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: id, runId },
      maximumPageSize: 1,
    });
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const before = started?.continuedExecutionRunId;
    if (!before) return events;
    runId = before;
    events += (await temporal.workflow.getHandle(id, runId).describe()).historyLength;
  }
}

/** Bytes that a session's keys take in Redis. */
async function redisBytes(redis: Redis, ref: SessionRef): Promise<number> {
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
  return {
    turn: until,
    events: await historyEvents(stage.temporal, ref),
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
async function compare(old: Talk, fresh: Talk): Promise<{ early: number; late: number; ratio: number }> {
  const blocks: { readonly early: number; readonly late: number }[] = [];
  while (blocks.length < COMPARED / BLOCK) {
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
  const turns = short ? 260 : TURNS;
  const old = await stage.product.open(SHAPE);
  const span = Math.floor((turns - COMPARED - COUNTED_FROM) / 2);
  const marks: [Mark, Mark, Mark] = [
    await growTo(stage, old, 0, COUNTED_FROM),
    await growTo(stage, old, COUNTED_FROM, COUNTED_FROM + span),
    await growTo(stage, old, COUNTED_FROM + span, turns - COMPARED),
  ];
  const { early, late, ratio } = await compare(old, await stage.product.open(SHAPE));
  const title = `send → last token, turns ${turns - COMPARED + 1} to ${turns}, ms (turns 1 to ${COMPARED}: ${early.toFixed(1)})`;
  return [
    atMost({ name: 'lateTurn', title, value: late, bare: null }, ratio, 1.1),
    growth('historyEventsLate', 'history events a turn, late, continue-as-new included', marks, 'events'),
    growth('redisBytesLate', 'bytes in Redis a turn, late', marks, 'bytes'),
  ];
}
