/** What the kernel asks of a step, and what it hears of it. */
import type { AgentSpec, FailureInfo, ToolCall, ToolRound, Usage } from '../../src/contracts/index.ts';
import type { Utterance } from '../agents/runner.ts';
import type { AskInput, Outcome } from '../teams/team.ts';

/** A summary to be made. */
export interface SummaryCall {
  readonly agent: AgentSpec;
  /** The number of the last turn that it stands for; all of later turns comes after event `seq`. */
  readonly upTo: number;
  readonly seq: number;
  /** The summary before, and what was said since, as far as this one goes. */
  readonly conversation: readonly Utterance[];
}

/** A step to be run. */
export interface StepCall {
  readonly path: string;
  readonly step: string;
  readonly agent: string;
  /** Steps of this turn that it sees, in the order of the team's code. */
  readonly sees: readonly string[];
  /** The turn ends with it, unless it calls tools. */
  readonly last: boolean;
  /** The tool call that the step makes for its agent; absent: the agent is asked. */
  readonly use?: ToolCall;
  /** Why the tool is not called. */
  readonly refusal?: FailureInfo;
  /** What the team itself says: nobody is asked. */
  readonly say?: string;
  /** The summary that the step makes, before the team begins. */
  readonly summary?: SummaryCall;
  /** What the team says to the agent with this ask. */
  readonly input?: AskInput;
  /** What the agent has called in this ask so far. */
  readonly rounds?: readonly ToolRound[];
  /** The agent may call its tools. */
  readonly mayCall?: boolean;
}

/** How a step ended, as the kernel hears it. `calls`: the tools that the model called. */
export type StepOutcome =
  | (Extract<Outcome, { status: 'completed' }> & {
      readonly calls: readonly ToolCall[];
      readonly usage?: Usage;
    })
  | (Extract<Outcome, { status: 'failed' }> & { readonly usage?: Usage });
