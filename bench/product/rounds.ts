/** A team whose turns are as long as its options say: its agents are asked in turns, `rounds` times. Without options it is `sequence`. */
import type { Team } from '../../activities/index.ts';
import { sequence } from '../../activities/teams/sequence.ts';

export const rounds: Team = async (context) => {
  const { options, agents, ask } = context;
  if (typeof options['rounds'] !== 'number') return sequence(context);
  for (let round = 0; round < options['rounds']; round += 1) {
    const agent = agents[round % agents.length];
    if (agent) await ask(agent.name);
  }
  return undefined;
};
