/** Two versions of one configuration: `TEST_BUILD=2` is the later one. */
import { agent, defineConfig } from 'convoke';
import type { Team } from 'convoke/team';
import { counted } from './counted.ts';

const isNext = process.env['TEST_BUILD'] === '2';
/** The earlier one never comes to its end. */
const COUNT = isNext ? 5 : 10_000;

/** The later one goes on where the earlier one ended. */
const extended: Team = async ({ ask }) => {
  await ask('opener');
  await ask('counter');
  if (isNext) await ask('closer');
};

/** The later one begins with somebody else. */
const reordered: Team = async ({ ask }) => {
  await ask(isNext ? 'closer' : 'opener');
  await ask('counter');
};

export default defineConfig({
  agents: {
    opener: agent.scripted({ say: 'I open.' }),
    counter: agent.code(async function* ({ attempt, signal }) {
      yield* counted(COUNT, attempt, signal);
    }),
    closer: agent.scripted({ say: 'I close.' }),
    ...(isNext ? { newcomer: agent.scripted({ say: 'I am new.' }) } : {}),
  },
  teams: { extended, reordered },
});
