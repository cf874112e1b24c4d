import { TeamOptions } from './options.ts';
import type { Team } from './team.ts';

/**
 * Agents argue, one after the other, for some rounds; a judge has the last word. Options: `agents` (the sides; default: all but the judge),
 * `judge` (an agent; default: nobody), `rounds` (default 2, at most 10).
 */
export const debate: Team = async (context) => {
  const options = new TeamOptions(context, ['agents', 'judge', 'rounds']);
  const judge = options.agent('judge');
  const sides = options.cast([judge]);
  const rounds = options.count('rounds', 2, 10);
  if (sides.length === 0) return undefined;
  for (let round = 1; round <= rounds; round += 1) {
    const task = round === 1 ? 'State your position.' : 'Answer the others: rebut, or concede.';
    for (const side of sides) await context.ask(side, { task });
  }
  if (judge === undefined) return undefined;
  return { agent: judge, input: { task: 'Judge the debate: say who is right, and why.' } };
};
