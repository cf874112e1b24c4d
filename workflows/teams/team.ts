/** What a team is written in: a team is a plain function that decides who speaks next. */
import type { AgentSpec } from '../../src/contracts/index.ts';

/** How a step ended, as far as a team cares. */
export type AskResult = 'completed' | 'ended';

export interface AskOptions {
  /** Nothing follows in this turn: its end can be committed together with the step's, which saves a trip. */
  readonly last: boolean;
}

export interface TeamContext {
  readonly agents: readonly AgentSpec[];
  /**
   * Lets an agent speak; it sees what was said before. `completed`: go on. `ended`: the turn has its end (the agent failed, or somebody
   * cancelled): return.
   */
  readonly ask: (agent: AgentSpec, options: AskOptions) => Promise<AskResult>;
}

export type Team = (context: TeamContext) => Promise<void>;
