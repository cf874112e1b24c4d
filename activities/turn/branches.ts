/** `parallel`: lines of a team's code that run side by side until all have ended, or enough have. */
import { LIMITS, STEP_PATTERN, type JsonObject } from '../../src/contracts/index.ts';
import {
  AgentFailed,
  type Branches,
  type ParallelRule,
  type Settled,
  type SettledBranches,
  type TeamContext,
} from '../teams/team.ts';
import { answerOf, type Calls, type TurnFrame, type WithdrawalReason } from './calls.ts';
import { never, Repeats } from './spending.ts';
import { TeamBroken } from './stops.ts';

/** A line of the team's code that runs by itself: the team, or a branch of `parallel`. */
export interface Branch {
  /** What the paths of its calls begin with. */
  readonly prefix: string;
  calls: number;
  /** Steps of the turn that its next call sees. */
  seen: readonly string[];
  /** How many of the messages that have joined the turn it was told. */
  told: number;
  readonly repeats: Repeats;
}

/** Where the branches begin. */
interface Fork<O extends JsonObject> {
  readonly branch: Branch;
  readonly path: string;
  readonly frame: TurnFrame;
  readonly calls: Calls;
  readonly rule: ParallelRule;
  readonly contextOf: (branch: Branch) => TeamContext<O>;
}

interface Line {
  readonly name: string;
  readonly fork: Branch;
  readonly run: () => Promise<unknown>;
}

const BRANCH_NAME = /^[A-Za-z0-9_-]{1,32}$/;

/** True if calls below this path can be named. */
export function fitsBelow(turn: string, prefix: string): boolean {
  return prefix.length <= LIMITS.pathChars && STEP_PATTERN.test(`${turn}.${prefix}1`);
}

export async function runBranches<O extends JsonObject, B extends Branches<O>>(
  branches: B,
  place: Fork<O>,
): Promise<SettledBranches<B>> {
  const { branch, path, frame, contextOf } = place;
  const entries = Object.entries(branches);
  const before = branch.seen.length;
  if (entries.length > LIMITS.turnWidth) {
    throw new TeamBroken('turn_too_wide', `A team may run ${LIMITS.turnWidth} branches side by side.`);
  }
  if (!frame.spending.allows('width', entries.length)) return never();
  const lines = entries.map(([name, run]): Line => {
    const prefix = `${path}.${name}.`;
    if (!BRANCH_NAME.test(name) || !fitsBelow(frame.turn, prefix)) {
      throw new TeamBroken('team_failed', `"${name}" cannot be the name of a branch here.`);
    }
    if (typeof run !== 'function') {
      throw new TeamBroken('team_failed', `Branch "${name}" is a function: ({ ask }) => ask("agent").`);
    }
    const fork = { prefix, calls: 0, seen: branch.seen, told: branch.told, repeats: new Repeats() };
    return { name, fork, run: () => run(contextOf(fork)) };
  });
  const settled = await join(lines, place);
  branch.seen = [...branch.seen, ...lines.flatMap(({ fork }) => fork.seen.slice(before))];
  branch.told = Math.max(branch.told, ...lines.map(({ fork }) => fork.told));
  const inOrder = lines.map(({ name }) => [name, settled.get(name)]);
  return Object.fromEntries(inOrder) as SettledBranches<B>; // safety: each name with its own answer
}

/**
 * The join is decided by the answers alone, in their order, and at once: so it comes out the same when the team's code runs again. Whatever
 * the branches that it leaves out still say does not count.
 */
function join<O extends JsonObject>(
  lines: readonly Line[],
  { path, calls, rule }: Fork<O>,
): Promise<ReadonlyMap<string, Settled<unknown>>> {
  const enough = enoughOf(rule, lines.length);
  const timer = `${path}~`;
  const settled = new Map<string, Settled<unknown>>();
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, Settled<unknown>>>();
  let completed = 0;
  let isDecided = false;
  const decide = (reason: Exclude<WithdrawalReason, 'budget_spent'>): void => {
    if (isDecided) return;
    isDecided = true;
    const losers = lines.filter(({ name }) => !settled.has(name));
    for (const { name } of losers) settled.set(name, { status: 'cancelled', reason });
    calls.withdraw([...losers.map(({ fork }) => fork.prefix), timer], reason);
    resolve(settled);
  };
  const end = (name: string, outcome: Settled<unknown>): void => {
    if (isDecided) return;
    settled.set(name, outcome);
    if (outcome.status === 'completed') completed += 1;
    if (completed >= enough || settled.size === lines.length) decide('branch_not_needed');
  };
  const { timeoutMs } = rule;
  if (timeoutMs !== undefined) {
    const until = calls.number('now', timer) + timeoutMs;
    void answerOf(calls, { path: timer, kind: 'sleep', key: String(timeoutMs), until }).then(() =>
      decide('branch_timed_out'),
    );
  }
  for (const { name, run } of lines) void settle(run).then((outcome) => end(name, outcome), reject);
  if (lines.length === 0) decide('branch_not_needed');
  return promise;
}

async function settle(run: () => Promise<unknown>): Promise<Settled<unknown>> {
  try {
    return { status: 'completed', value: await run() };
  } catch (error) {
    if (!(error instanceof AgentFailed)) throw error;
    return { status: 'failed', error };
  }
}

/** How many branches must complete; Infinity: all are to end. */
function enoughOf({ until = 'all', timeoutMs }: ParallelRule, count: number): number {
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    throw new TeamBroken('team_failed', `Branches cannot be given ${timeoutMs} ms.`);
  }
  if (until === 'all') return Infinity;
  if (until === 'any') return 1;
  if (Number.isInteger(until) && until >= 1 && until <= count) return until;
  throw new TeamBroken('team_failed', `${until} of ${count} branches cannot be waited for.`);
}
