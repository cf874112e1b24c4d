import type { Settled, Team } from './team.ts';

const failed = <T>(branch: Settled<T>): branch is Extract<Settled<T>, { status: 'failed' }> =>
  branch.status === 'failed';

/** All agents at once, none seeing what the others say in this turn. The turn fails if every one of them has. */
export const parallel: Team = async ({ agents, parallel: branch }) => {
  const ended = Object.values(
    await branch(
      Object.fromEntries(agents.map(({ name }, index) => [`b${index + 1}`, ({ ask }) => ask(name)])),
    ),
  );
  const [first] = ended;
  if (first && failed(first) && ended.every(failed)) throw first.error;
};
