import type { Team } from 'convoke/team';

/** The counter counts; whoever is second says so; the number of the turn's choice decides nothing but is the same in every run. */
export const recount: Team = async ({ ask, agents, random }) => {
  random();
  const [first, second] = agents;
  const { text } = await ask(first?.name ?? '');
  if (text !== '') return { agent: second?.name ?? '' };
  return undefined;
};
