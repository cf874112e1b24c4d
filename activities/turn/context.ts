/** What a team sees of its turn: calls are given a path, and handed to the kernel. */
import {
  LIMITS,
  STEP_PATTERN,
  type AgentSpec,
  type JsonObject,
  type ToolCall,
  type ToolRound,
} from '../../src/contracts/index.ts';
import {
  AgentFailed,
  type Answer,
  type AskInput,
  type Outcome,
  type Branches,
  type Settled,
  type SettledBranches,
  type TeamContext,
} from '../teams/team.ts';
import type { StepOutcome } from './kernel.ts';
import { converse } from './rounds.ts';
import { TeamBroken } from './stops.ts';

/** What does not change while a turn runs. */
export interface TurnFrame {
  readonly turn: string;
  readonly causes: readonly string[];
  readonly agents: readonly AgentSpec[];
  readonly options: JsonObject;
}

/** A line of the team's code that runs by itself: the team, or a branch of `parallel`. */
export interface Branch {
  /** What the paths of its calls begin with. */
  readonly prefix: string;
  calls: number;
  /** Steps of the turn that its next call sees. */
  seen: readonly string[];
}

/** An awaited call of the team. */
export interface Call {
  readonly path: string;
  readonly kind: 'ask' | 'call' | 'sleep';
  readonly key: string;
  readonly step?: string;
  readonly agent?: string;
  readonly sees?: readonly string[];
  readonly last?: boolean;
  readonly use?: ToolCall;
  readonly input?: AskInput;
  readonly rounds?: readonly ToolRound[];
  readonly mayCall?: boolean;
  /** Of a sleep, ms since the Unix epoch. */
  readonly until: number;
  resolve(outcome: StepOutcome | 'over'): void;
}

/** Where calls go. */
export interface Calls {
  call(call: Call): void;
  number(kind: 'now' | 'random', path: string): number;
}

/** Where an ask is made. */
export interface AskPlace {
  readonly branch: Branch;
  readonly frame: TurnFrame;
  readonly calls: Calls;
  /** The turn ends with it. */
  readonly last: boolean;
}

/** Asks an agent, however many steps that takes; afterwards the branch has seen what it said. Throws if the session has no such agent. */
export async function askOf(name: string, input: AskInput | undefined, place: AskPlace): Promise<Outcome> {
  const { branch, frame, calls, last } = place;
  const agent = frame.agents.find((each) => each.name === name);
  if (!agent) throw new TeamBroken('agent_unknown', `The session has no agent "${name}".`);
  const path = nextPath(branch);
  const sees = [...branch.seen];
  const { outcome, steps } = await converse(agent, {
    path,
    sees,
    last,
    frame,
    calls,
    ...(input ? { input } : {}),
  });
  branch.seen = [...branch.seen, ...steps];
  return outcome;
}

function nextPath(branch: Branch): string {
  branch.calls += 1;
  return `${branch.prefix}${branch.calls}`;
}

const BRANCH_NAME = /^[A-Za-z0-9_-]{1,32}$/;

export function contextOf<O extends JsonObject>(
  branch: Branch,
  frame: TurnFrame,
  calls: Calls,
): TeamContext<O> {
  const next = (): string => nextPath(branch);
  const settle = (name: string, input?: AskInput): Promise<Outcome> =>
    askOf(name, input, { branch, frame, calls, last: false });
  const ask = async (name: string, input?: AskInput): Promise<Answer> => {
    const outcome = await settle(name, input);
    if (outcome.status === 'failed') throw new AgentFailed(outcome);
    return outcome;
  };
  return {
    turn: { id: frame.turn, causes: frame.causes },
    options: frame.options as O, // safety: checked where the session was opened
    agents: frame.agents,
    ask,
    settle,
    parallel<B extends Branches<O>>(branches: B) {
      return runBranches<O, B>(branches, { branch, path: next(), frame, calls });
    },
    async sleep(ms) {
      if (!Number.isFinite(ms)) throw new TeamBroken('team_failed', `A pause cannot take ${ms} ms.`);
      const path = next();
      const until = calls.number('now', path) + ms;
      await new Promise<StepOutcome | 'over'>((resolve) => {
        calls.call({ path, kind: 'sleep', key: String(ms), until, resolve });
      });
      return 'over';
    },
    now: () => calls.number('now', next()),
    random: () => calls.number('random', next()),
  };
}

interface Fork {
  readonly branch: Branch;
  readonly path: string;
  readonly frame: TurnFrame;
  readonly calls: Calls;
}

async function runBranches<O extends JsonObject, B extends Branches<O>>(
  branches: B,
  { branch, path, frame, calls }: Fork,
): Promise<SettledBranches<B>> {
  const entries = Object.entries(branches);
  const before = branch.seen.length;
  if (entries.length > LIMITS.turnWidth) {
    throw new TeamBroken('turn_too_wide', `A team may run ${LIMITS.turnWidth} branches side by side.`);
  }
  const forks = entries.map(([name, run]) => {
    const prefix = `${path}.${name}.`;
    const fits = prefix.length <= LIMITS.pathChars && STEP_PATTERN.test(`${frame.turn}.${prefix}1`);
    if (!BRANCH_NAME.test(name) || !fits) {
      throw new TeamBroken('team_failed', `"${name}" cannot be the name of a branch here.`);
    }
    return { name, run, fork: { prefix, calls: 0, seen: branch.seen } };
  });
  const settled = await Promise.all(
    forks.map(async ({ name, run, fork }): Promise<[string, Settled<unknown>]> => {
      try {
        return [name, { status: 'completed', value: await run(contextOf<O>(fork, frame, calls)) }];
      } catch (error) {
        if (!(error instanceof AgentFailed)) throw error;
        return [name, { status: 'failed', error }];
      }
    }),
  );
  branch.seen = [...branch.seen, ...forks.flatMap(({ fork }) => fork.seen.slice(before))];
  return Object.fromEntries(settled) as SettledBranches<B>; // safety: each name with its own answer
}
