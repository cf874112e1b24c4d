/** From send to the last token, nobody else there. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Asked, Engine, Shape, Talk } from '../engine.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 2, tokens: 20 };
/** Between turns: the session comes to rest, ms. */
const SPACE_MS = 120;

async function turns(talk: Talk, count: number): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    asked.push(await talk.ask());
    await pause(SPACE_MS);
  }
  return asked;
}

async function warm(engine: Engine, shape: Shape, count: number): Promise<Talk> {
  const talk = await engine.open(shape);
  await turns(talk, count);
  return talk;
}

const lastOf = (asked: readonly Asked[]): number => median(asked.map(({ lastMs }) => lastMs));
const firstOf = (asked: readonly Asked[]): number => median(asked.map(({ firstMs }) => firstMs));
const ackOf = (asked: readonly Asked[]): number => median(asked.map(({ ackMs }) => ackMs));

/** Rounds of both engines in turns; the median round counts. */
export async function measureIdle(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, perRound, before] = short ? [1, 4, 2] : [7, 14, 12];
  const bare = await warm(stage.bare, SHAPE, before);
  const plain = await warm(stage.product, SHAPE, before);
  const quick = await warm(stage.product, { ...SHAPE, quick: true }, before);
  const of = { bare: [] as Asked[][], plain: [] as Asked[][], quick: [] as Asked[][] };
  for (let round = 0; round < rounds; round += 1) {
    of.bare.push([...(await turns(bare, perRound))]);
    of.plain.push([...(await turns(plain, perRound))]);
    of.quick.push([...(await turns(quick, perRound))]);
  }
  for (const talk of [bare, plain, quick]) talk.close();
  const floor = of.bare.map(lastOf);
  const ratioOf = (engine: readonly Asked[][]): number =>
    median(engine.map((asked, round) => lastOf(asked) / (floor[round] ?? Number.NaN)));
  const points = (asked: readonly Asked[]): string =>
    `accepted ${ackOf(asked).toFixed(0)}, first token ${firstOf(asked).toFixed(0)}`;
  const figure = (name: string, title: string, engine: readonly Asked[][]) => ({
    ...{ name, title: `${title}, ms (${points(engine.flat())}; bare: ${points(of.bare.flat())})` },
    ...{ value: median(engine.map(lastOf)), bare: median(floor) },
  });
  return [
    atMost(
      figure('lastTokenIdle', 'send → last token, 2 agents × 20 tokens, idle', of.plain),
      ratioOf(of.plain),
      1.15,
    ),
    atMost(figure('lastTokenIdleQuick', 'the same, steps declared quick', of.quick), ratioOf(of.quick), 0.35),
  ];
}
