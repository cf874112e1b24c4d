import type { TeamContext } from './team.ts';

/** One agent after the other, each seeing what was said before. */
export async function sequence({ agents, ask }: TeamContext): Promise<void> {
  for (const [index, agent] of agents.entries()) {
    const result = await ask(agent, { last: index === agents.length - 1 });
    if (result === 'ended') return;
  }
}
