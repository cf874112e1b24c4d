import type { Json } from '../../src/contracts/index.ts';
import { TeamBroken } from '../turn/stops.ts';
import { TeamOptions, wrong } from './options.ts';
import type { ParallelRule, Team } from './team.ts';

/**
 * All agents at once, none seeing what the others say in this turn. Options: `until` and `timeoutMs` (as of `parallel`), `merge` (an agent that
 * has the last word). The turn fails if fewer agents than needed have answered: one, or the quorum.
 */
export const parallel: Team = async (context) => {
  const options = new TeamOptions(context, ['agents', 'until', 'timeoutMs', 'merge']);
  const merge = options.agent('merge');
  const cast = options.cast([merge]);
  // Everybody is paused.
  if (cast.length === 0) return undefined;
  const rule = ruleOf(context.options, cast.length, context.absent.length);
  const branches = cast.map((name, index) => [`b${index + 1}`, ({ ask }: typeof context) => ask(name)]);
  const ended = Object.values(await context.parallel(Object.fromEntries(branches), rule));
  const completed = ended.filter(({ status }) => status === 'completed').length;
  const needed = typeof rule.until === 'number' ? rule.until : 1;
  if (completed < needed) {
    const failed = ended.find((branch) => branch.status === 'failed');
    if (failed?.status === 'failed') throw failed.error;
    throw new TeamBroken(
      'agent_timeout',
      `${completed} of ${needed} agents answered within the team’s time.`,
    );
  }
  return merge === undefined ? undefined : { agent: merge };
};

function ruleOf(
  { until = 'all', timeoutMs }: { readonly [name: string]: Json },
  agents: number,
  absent: number,
): ParallelRule {
  const most = agents + absent;
  const isCount = typeof until === 'number' && Number.isInteger(until) && until >= 1 && until <= most;
  if (until !== 'all' && until !== 'any' && !isCount) {
    throw wrong(`The team’s option "until" is "all", "any" or a whole number from 1 to ${most}.`);
  }
  const enough = typeof until === 'number' ? Math.min(until, agents) : until;
  if (timeoutMs === undefined) return { until: enough };
  if (typeof timeoutMs === 'number' && timeoutMs >= 1) return { until: enough, timeoutMs };
  throw wrong('The team’s option "timeoutMs" is a number of milliseconds, at least 1.');
}
