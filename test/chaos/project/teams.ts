import type { Team } from 'convoke/team';

/** Counts its turns in its memory and says the number; two of three branches are enough; then a clerk calls tools, and a judge has the last word. */
export const tally: Team = async ({ ask, memory, parallel, say }) => {
  const count = Number(memory.get('count') ?? 0) + 1;
  memory.set('count', count);
  await say(`Turn ${count}.`);
  await parallel(
    { pro: ({ ask }) => ask('pro'), con: ({ ask }) => ask('con'), silent: ({ ask }) => ask('silent') },
    { until: 2 },
  );
  await ask('clerk');
  return { agent: 'judge' };
};
