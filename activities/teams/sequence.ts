import { TeamOptions } from './options.ts';
import type { Team } from './team.ts';

/** One agent after the other, each seeing what was said before. */
export const sequence: Team = async (context) => {
  const cast = new TeamOptions(context, ['agents']).cast();
  const last = cast.at(-1);
  for (const agent of cast.slice(0, -1)) await context.ask(agent);
  if (last !== undefined) return { agent: last };
  return undefined;
};
