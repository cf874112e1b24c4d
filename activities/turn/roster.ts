import type { AgentSpec } from '../../src/contracts/index.ts';

/** The session's agents with the settings of the configuration. One gives tasks, and hands over, only to those who are there. */
export function rosterOf(
  agents: readonly AgentSpec[],
  configured: (agent: AgentSpec) => AgentSpec,
): readonly AgentSpec[] {
  const names = new Set(agents.map(({ name }) => name));
  const present = (others: readonly string[]): readonly string[] => others.filter((name) => names.has(name));
  return agents.map((given) => {
    const agent = configured(given);
    const { delegates, handoff } = agent;
    return {
      ...agent,
      ...(delegates && { delegates: present(delegates) }),
      ...(handoff && { handoff: present(handoff) }),
    };
  });
}
