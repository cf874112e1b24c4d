/** What a team's context hands to the kernel: each awaited call, with its place. */
import type { AgentSpec, JournalEntry, JsonObject, ToolCall, ToolRound } from '../../src/contracts/index.ts';
import { AgentFailed, type AskInput, type TeamMessage } from '../teams/team.ts';
import type { StepCall, StepOutcome } from './kernel.ts';
import type { Memory } from './memory.ts';
import { TeamBroken } from './stops.ts';
import type { TurnEnd } from './turn-driver.ts';

/** What does not change while a turn runs. */
export interface TurnFrame {
  readonly turn: string;
  readonly messages: readonly TeamMessage[];
  readonly agents: readonly AgentSpec[];
  readonly options: JsonObject;
  readonly memory: Memory;
}

/** An awaited call of the team. */
export interface Call {
  readonly path: string;
  readonly kind: 'ask' | 'call' | 'say' | 'sleep';
  readonly key: string;
  readonly step?: string;
  readonly agent?: string;
  readonly sees?: readonly string[];
  readonly last?: boolean;
  readonly use?: ToolCall;
  /** What the team itself says. */
  readonly say?: string;
  readonly input?: AskInput;
  readonly rounds?: readonly ToolRound[];
  readonly mayCall?: boolean;
  /** Of a sleep, ms since the Unix epoch. */
  readonly until: number;
  resolve(outcome: StepOutcome | 'over'): void;
}

/** Why calls are taken back. */
export type WithdrawalReason = 'branch_not_needed' | 'branch_timed_out';

/** Where calls go. */
export interface Calls {
  call(call: Call): void;
  number(kind: 'now' | 'random', path: string): number;
  /** Calls whose paths begin with these are never answered, those that are open end as cancelled. */
  withdraw(prefixes: readonly string[], why: WithdrawalReason): void;
}

/** Resolves with its answer, which is a step's outcome unless it is a sleep. */
export function answerOf(calls: Calls, call: Omit<Call, 'resolve'>): Promise<StepOutcome | 'over'> {
  return new Promise((resolve) => {
    calls.call({ ...call, resolve });
  });
}

export function stepCallOf({
  path,
  step = '',
  agent = '',
  sees = [],
  last = false,
  ...more
}: Call): StepCall {
  const { use, say, input, rounds, mayCall } = more;
  return {
    ...{ path, step, agent, sees, last },
    ...(use ? { use } : {}),
    ...(say === undefined ? {} : { say }),
    ...(input ? { input } : {}),
    ...(rounds ? { rounds } : {}),
    ...(mayCall === undefined ? {} : { mayCall }),
  };
}

/** How a turn ends whose team has thrown. Anything but a failed agent is a mistake in the team's code. */
export function failure(error: unknown): TurnEnd {
  if (error instanceof TeamBroken) throw error;
  if (!(error instanceof AgentFailed)) {
    throw new TeamBroken('team_failed', 'The code of the team threw an error.', error);
  }
  const { code, message } = error.outcome;
  return { status: 'failed', code, message };
}

export function changed(entry: JournalEntry, call: Call | undefined): TeamBroken {
  const expected = `${entry.kind}${entry.key ? ` ${entry.key}` : ''}`;
  const found = call ? `"${call.kind} ${call.key}"` : 'no call';
  return new TeamBroken(
    'team_changed',
    `At ${entry.path} of the turn the team made the call "${expected}" before, and makes ${found} now.`,
  );
}
