/** Turns a second with 64 sessions that each ask again as soon as they were answered; and what a turn costs meanwhile. */
import { bareCrowd, disperse, pick, productCrowd, ratioOf, round, type Round } from '../crowd.ts';
import type { Shape } from '../engine.ts';
import { atLeast, stated, type NamedFigure } from '../figure.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 2, tokens: 20 };

function costs(
  plain: readonly Round[],
  quick: readonly Round[],
  bare: readonly Round[],
): readonly NamedFigure[] {
  const cost = (name: string, title: string, rounds: readonly Round[], of: keyof Round): NamedFigure =>
    stated(
      name,
      title,
      pick(rounds, (each) => each[of]),
      pick(bare, (each) => each[of]),
    );
  return [
    cost('slowestTurn', 'the slowest turn of a round at that load, ms', plain, 'slowestMs'),
    cost('slowestTurnQuick', 'the slowest turn of a round, quick, ms', quick, 'slowestMs'),
    cost('workerCpuPerTurn', 'CPU of the worker, ms a turn, at that load', plain, 'workerMs'),
    cost('gatewayCpuPerTurn', 'CPU of the gateway, ms a turn', plain, 'gatewayMs'),
    cost('temporalCpuPerTurn', 'CPU of the Temporal server, ms a turn', plain, 'serverMs'),
    cost('workerCpuPerTurnQuick', 'CPU of the worker, ms a turn, quick', quick, 'workerMs'),
    cost('temporalCpuPerTurnQuick', 'CPU of the Temporal server, ms a turn, quick', quick, 'serverMs'),
    cost(
      'redisRequestsPerTurn',
      'requests to Redis a turn (a script each; bare: a publish each)',
      plain,
      'redisRequests',
    ),
    cost(
      'redisCommandsPerTurn',
      'commands in Redis a turn, those inside scripts included',
      plain,
      'redisCommands',
    ),
  ];
}

export async function measureLoad(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, ms, sessions] = short ? [1, 1_500, 16] : [4, 5_000, 64];
  const bare = await bareCrowd(stage, SHAPE, sessions);
  const plain = await productCrowd(stage, SHAPE, sessions);
  const quick = await productCrowd(stage, { ...SHAPE, quick: true }, sessions);
  const of = { bare: [] as Round[], plain: [] as Round[], quick: [] as Round[] };
  for (let count = 0; count < rounds; count += 1) {
    of.bare.push(await round(stage, bare, ms));
    of.plain.push(await round(stage, plain, ms));
    of.quick.push(await round(stage, quick, ms));
  }
  disperse(bare, plain, quick);
  const speed = ({ perSecond }: Round): number => perSecond;
  const figure = (name: string, title: string, engine: readonly Round[]) => ({
    ...{ name, title, value: pick(engine, speed), bare: pick(of.bare, speed) },
  });
  const title = `turns/s, ${sessions} sessions in a closed loop, 2 agents × 20 tokens`;
  return [
    atLeast(figure('turnsPerSecond', title, of.plain), ratioOf(of.plain, of.bare, speed), 1.3),
    atLeast(
      figure('turnsPerSecondQuick', 'the same, steps declared quick', of.quick),
      ratioOf(of.quick, of.bare, speed),
      1.4,
    ),
    ...costs(of.plain, of.quick, of.bare),
  ];
}
