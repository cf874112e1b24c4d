/**
 * What a tenant with one session notices of another one whose 300 sessions ask without end. Beside it: the bare engine as busy, which
 * takes only the machine; a session of the busy tenant's own, which waits in its line: so all would without fairness; and the same busy tenant with
 * a limit of turns that run at a time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { bareCrowd, disperse, gather, type Crowd } from '../crowd.ts';
import type { Shape, Talk } from '../engine.ts';
import { atMost, stated, type NamedFigure } from '../figure.ts';
import { createProductEngine } from '../product/engine.ts';
import { median, percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 1, tokens: 20, paceMs: 25 };
/** Between two turns of the quiet tenant, ms. */
const GAP_MS = 100;
/** Of the busy tenant, at a time, where it is limited. */
const RUNNING_TURNS = 16;

/** ms to the first token of turns, one after the other. */
async function firstTokens(talk: Talk, turns: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let asked = 0; asked < turns; asked += 1) {
    took.push((await talk.ask()).firstMs);
    await pause(GAP_MS);
  }
  return took;
}

/** All of the crowd ask without end while this runs. */
async function beside<T>({ talks }: Crowd, act: () => Promise<T>): Promise<T> {
  let over = false;
  const busy = talks.map(async (talk) => {
    while (!over) await talk.ask();
  });
  // A session that fails ends the measurement.
  const failed = Promise.all(busy).then(() => undefined as never);
  try {
    return await Promise.race([act(), failed]);
  } finally {
    over = true;
    await Promise.allSettled(busy);
  }
}

const p95 = (values: readonly number[]): number => percentile(values, 0.95);

export async function measureNeighbour(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, turns, sessions] = short ? [1, 10, 30] : [2, 25, 300];
  const [busy, quiet] = stage.tenants.map((key) => createProductEngine(stage.productUrl, key));
  if (!busy || !quiet) throw new Error('the stage has two tenants');
  const { productWorker: worker, productGateway: gateway } = stage;
  const crowd = await gather(busy, SHAPE, sessions, { worker, gateway });
  const bare = await bareCrowd(stage, SHAPE, sessions);
  const [alone, amid] = [await quiet.open(SHAPE), await busy.open(SHAPE)];
  const of = { idle: [] as number[], machine: [] as number[], beside: [] as number[], amid: [] as number[] };
  const limited: number[] = [];
  await firstTokens(alone, 10);
  for (let round = 0; round < rounds; round += 1) {
    of.idle.push(p95(await firstTokens(alone, turns)));
    of.machine.push(p95(await beside(bare, () => firstTokens(alone, turns))));
    of.beside.push(p95(await beside(crowd, () => firstTokens(alone, turns))));
    of.amid.push(p95(await beside(crowd, () => firstTokens(amid, Math.ceil(turns / 4)))));
  }
  await stage.limitTo(stage.tenants[0], RUNNING_TURNS);
  for (let round = 0; round < rounds; round += 1)
    limited.push(p95(await beside(crowd, () => firstTokens(alone, turns))));
  disperse(crowd, bare);
  for (const talk of [alone, amid]) talk.close();
  const [idle, machine] = [median(of.idle), median(of.machine)];
  const title = `first token of a tenant's only session beside ${sessions} busy ones of another tenant, p95, ms (bare: idle)`;
  const figure = { name: 'neighbour', title, value: median(of.beside), bare: idle };
  return [
    atMost(figure, (figure.value - (machine - idle)) / idle, 2),
    stated('neighbourMachine', 'the same beside as many sessions of the bare engine', machine, idle),
    stated(
      'neighbourLimited',
      `the same beside a tenant that may run ${RUNNING_TURNS} turns at a time`,
      median(limited),
      idle,
    ),
    stated('neighbourAmid', 'the same for a session of the busy tenant (no fairness)', median(of.amid), idle),
  ];
}
