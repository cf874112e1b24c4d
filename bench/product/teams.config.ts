/** The configuration of the worker that the figures of teams and tools ask: an agent that calls tools, and a team with many branches. */
import { agent, defineConfig, tool } from 'convoke';
import type { Team } from 'convoke/team';

const ROUNDS = 4;
const CALLS = 5;
const BRANCHES = 100;

/** So many branches at once, by turns of the session's agents. */
const wide: Team = async ({ agents, parallel }) => {
  const branches = Array.from({ length: BRANCHES }, (_, index) => {
    const { name = '' } = agents[index % agents.length] ?? {};
    return [`b${index + 1}`, ({ ask }: Parameters<Team>[0]) => ask(name)] as const;
  });
  await parallel(Object.fromEntries(branches));
};

/** Goes on once somebody has approved. */
const gated: Team = async ({ agents, approve }) => {
  await approve({ title: 'Go on?', data: { amount: 20 } });
  return { agent: agents[0]?.name ?? '' };
};

export default defineConfig({
  agents: {
    caller: agent.scripted(
      {
        tokens: 20,
        calls: Array.from({ length: ROUNDS }, () => Array.from({ length: CALLS }, () => ({ tool: 'look' }))),
      },
      { tools: ['look'] },
    ),
  },
  tools: {
    look: tool({ description: 'Looks.', effect: 'none', input: { type: 'object' }, run: () => 'seen' }),
  },
  teams: { gated, wide },
});
