import type { Team } from 'convoke/team';

/** Sleeps for an hour, twice, and says how each sleep has ended. */
export const patient: Team = async ({ sleep, say }) => {
  for (const hour of ['first', 'second']) await say(`The ${hour} hour is ${await sleep(3_600_000)}.`);
};

/** The counter counts; whoever is second says so; the number of the turn's choice decides nothing but is the same in every run. */
export const recount: Team = async ({ ask, agents, random }) => {
  random();
  const [first, second] = agents;
  const { text } = await ask(first?.name ?? '');
  if (text !== '') return { agent: second?.name ?? '' };
  return undefined;
};
