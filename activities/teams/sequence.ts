import type { Team } from './team.ts';

/** One agent after the other, each seeing what was said before. */
export const sequence: Team = async ({ agents, ask }) => {
  for (const agent of agents.slice(0, -1)) await ask(agent.name);
  const last = agents.at(-1);
  if (last) return { agent: last.name };
  return undefined;
};
