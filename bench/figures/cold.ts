/** The only worker is killed and started again: it has to replay all sessions, each of which has a message. */
import { msSince, nowUs } from '../clock.ts';
import type { Engine, Shape, Talk } from '../engine.ts';
import type { NamedFigure } from '../figure.ts';
import { percentile } from '../sample.ts';
import type { Service } from '../service.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 1, tokens: 1 };
const SESSIONS = 150;
/** Turns that each session has had: some 250 events. */
const TURNS = 30;

async function aged(engine: Engine, turns: number): Promise<Talk> {
  const talk = await engine.open(SHAPE);
  for (let turn = 0; turn < turns; turn += 1) await talk.ask();
  return talk;
}

/** When each session was answered, ms since the worker was started. */
async function answers(engine: Engine, worker: Service, short: boolean): Promise<readonly number[]> {
  const each = { length: short ? 10 : SESSIONS };
  const talks = await Promise.all(Array.from(each, () => aged(engine, short ? 2 : TURNS)));
  await worker.end('SIGKILL');
  const began = nowUs();
  const asked = Promise.all(
    talks.map(async (talk) => {
      await talk.ask();
      return msSince(began);
    }),
  );
  await worker.start();
  const after = await asked;
  for (const talk of talks) talk.close();
  return after;
}

export async function measureCold(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const product = await answers(stage.product, stage.productWorker, short);
  const bare = await answers(stage.bare, stage.bareWorker, short);
  const figure = (name: string, title: string, of: (after: readonly number[]) => number): NamedFigure => {
    const [value, floor] = [of(product), of(bare)];
    const ratio = value / floor;
    return { ...{ name, title, value, bare: floor, ratio }, ...{ goal: '≤ 1.15 ×', ok: ratio <= 1.15 } };
  };
  const what = `the only worker is killed and started, ${product.length} sessions of ${TURNS} turns have a message`;
  return [
    figure('coldFirst', `${what}: first answer after, ms`, (after) => Math.min(...after)),
    figure('coldP95', 'the same, p95', (after) => percentile(after, 0.95)),
    figure('coldLast', 'the same, the last one', (after) => Math.max(...after)),
  ];
}
