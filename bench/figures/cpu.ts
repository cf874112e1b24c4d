/** What a turn costs the server and the worker together, by its number of agents. */
import { bareCrowd, disperse, pick, productCrowd, ratioOf, round, type Round } from '../crowd.ts';
import type { Shape } from '../engine.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import type { Stage } from '../stage.ts';

/** Agents in a turn, and how much of the bare engine's CPU it may cost: the bare engine runs an activity for each agent. */
const GOALS: readonly (readonly [agents: number, most: number])[] = [
  [1, 1.1],
  [2, 0.8],
  [4, 0.6],
];

const costOf = ({ workerMs, serverMs }: Round): number => workerMs + serverMs;

export async function measureCpu(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, ms, sessions] = short ? [1, 1_000, 4] : [3, 3_000, 16];
  const figures: NamedFigure[] = [];
  for (const [agents, most] of GOALS) {
    const shape: Shape = { agents, tokens: 20 };
    const bare = await bareCrowd(stage, shape, sessions);
    const product = await productCrowd(stage, shape, sessions);
    const of = { bare: [] as Round[], product: [] as Round[] };
    for (let count = 0; count < rounds; count += 1) {
      of.bare.push(await round(stage, bare, ms));
      of.product.push(await round(stage, product, ms));
    }
    disperse(bare, product);
    const figure = {
      name: `cpuPerTurn${agents}`,
      title: `CPU of Temporal server and worker, ms a turn, ${agents} × 20 tokens, ${sessions} sessions`,
      value: pick(of.product, costOf),
      bare: pick(of.bare, costOf),
    };
    figures.push(atMost(figure, ratioOf(of.product, of.bare, costOf), most));
  }
  return figures;
}
