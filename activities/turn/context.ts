/** What a team sees of its turn: calls are given a path, and handed to the kernel. */
import {
  LIMITS,
  spentSentence,
  stepId,
  type JsonObject,
  type Limits,
  type Member,
} from '../../src/contracts/index.ts';
import {
  AgentFailed,
  type Answer,
  type AskInput,
  type Branches,
  type Outcome,
  type PersonAnswer,
  type Question,
  type Team,
  type ParallelRule,
  type TeamContext,
} from '../teams/team.ts';
import { approve } from './approvals.ts';
import { fitsBelow, runBranches, type Branch } from './branches.ts';
import { answerOf, type Calls, type TurnFrame } from './calls.ts';
import type { StepOutcome } from './step-call.ts';
import { checkInput, lastWordIn } from './last-word.ts';
import { converse } from './rounds.ts';
import { never, Repeats } from './spending.ts';
import { TeamBroken } from './stops.ts';

/** Where a call is made. */
interface Place {
  readonly branch: Branch;
  readonly frame: TurnFrame;
  readonly calls: Calls;
}

/** Who speaks when the team itself does. */
const TEAM = 'team';

/**
 * Asks an agent, however many steps that takes; afterwards the branch has seen what it said. `last`: the turn ends with it. Throws if the
 * session has no such agent.
 */
export async function askOf(
  name: string,
  input: AskInput | undefined,
  { branch, frame, calls, last }: Place & { readonly last: boolean },
): Promise<Outcome> {
  const agent = frame.cast.find(name);
  if (!agent) throw unknown(name, frame);
  checkInput(input);
  const path = nextPath(branch);
  const sees = [...branch.seen];
  const { outcome, steps } = await converse(agent, {
    path,
    sees,
    last,
    frame,
    calls,
    ...(input ? { input } : {}),
    repeats: branch.repeats,
  });
  branch.seen = [...branch.seen, ...steps];
  return outcome;
}

function unknown(name: string, { cast }: TurnFrame): TeamBroken {
  const why = cast.absent.includes(name)
    ? `The agent "${name}" is paused, or has left the session.`
    : `The session has no agent "${name}".`;
  return new TeamBroken('agent_unknown', why);
}

function nextPath(branch: Branch): string {
  branch.calls += 1;
  return `${branch.prefix}${branch.calls}`;
}

export function contextOf<O extends JsonObject>(
  branch: Branch,
  frame: TurnFrame,
  calls: Calls,
): TeamContext<O> {
  const place = { branch, frame, calls };
  const next = (): string => nextPath(branch);
  const settle = (name: string, input?: AskInput): Promise<Outcome> =>
    askOf(name, input, { ...place, last: false });
  const ask = async (name: string, input?: AskInput): Promise<Answer> => answered(await settle(name, input));
  return {
    turn: { id: frame.turn, messages: frame.messages },
    options: frame.options as O, // safety: checked where the session was opened
    agents: frame.cast.agents,
    absent: frame.cast.absent,
    left: frame.spending.left,
    memory: { get: (key) => frame.memory.get(key), set: (key, value) => frame.memory.set(key, value) },
    ask,
    settle,
    parallel<B extends Branches<O>>(branches: B, rule: ParallelRule = {}) {
      return runBranches<O, B>(branches, {
        ...{ ...place, path: next(), rule },
        contextOf: (fork) => contextOf<O>(fork, frame, calls),
      });
    },
    say: (text, as) => say(text, as, place),
    run: (team, options, limits) => runTeam(team, options ?? {}, { ...place, limits }),
    async sleep(ms) {
      if (!Number.isFinite(ms)) throw new TeamBroken('team_failed', `A pause cannot take ${ms} ms.`);
      const path = next();
      const until = calls.number('now', path) + ms;
      const answer = await answerOf(calls, { path, kind: 'sleep', key: String(ms), until });
      return answer as 'over' | 'woken'; // safety: see `CallAnswer`
    },
    steered() {
      const count = calls.number('steered', next());
      const news = frame.joining.messages.slice(branch.told, count);
      branch.told = count;
      return news;
    },
    askPerson: (name, question) => askPerson(name, question, place),
    // In a chain: what is wrong with the request is a rejection.
    approve: async (request) => approve(request, { turn: frame.turn, path: next(), calls }),
    async members() {
      const answer = await answerOf(calls, { path: next(), kind: 'members', key: '', until: 0 });
      return answer as readonly Member[]; // safety: see `CallAnswer`
    },
    now: () => calls.number('now', next()),
    random: () => calls.number('random', next()),
  };
}

function answered(outcome: Outcome): Answer {
  if (outcome.status === 'failed') throw new AgentFailed(outcome);
  return outcome;
}

async function askPerson(
  name: string,
  { text: given, timeoutMs = LIMITS.answerMostMs }: Question,
  { branch, frame, calls }: Place,
): Promise<PersonAnswer> {
  const text = given.toWellFormed();
  if (!frame.cast.hasPerson(name)) {
    throw new TeamBroken(
      'member_not_found',
      `"${name}" is no person of this session; people join as members.`,
    );
  }
  if (text === '' || text.length > LIMITS.questionChars) {
    throw new TeamBroken('team_failed', `A person is asked 1 to ${LIMITS.questionChars} characters.`);
  }
  if (!(timeoutMs > 0 && timeoutMs <= LIMITS.answerMostMs)) {
    throw new TeamBroken('team_failed', `A person is given up to ${LIMITS.answerMostMs} ms.`);
  }
  const path = nextPath(branch);
  const until = calls.number('now', path) + timeoutMs;
  const answer = await answerOf(calls, { path, kind: 'person', key: name, text, until });
  return answer as PersonAnswer; // safety: see `CallAnswer`
}

async function say(given: string, as: string | undefined, { branch, frame, calls }: Place): Promise<void> {
  const text = typeof given === 'string' ? given.toWellFormed() : '';
  if (as !== undefined && !frame.cast.find(as)) throw unknown(as, frame);
  if (text === '' || text.length > LIMITS.stepChars) {
    throw new TeamBroken('team_failed', `A team can say 1 to ${LIMITS.stepChars} characters at a time.`);
  }
  if (!frame.spending.step()) return never();
  const path = nextPath(branch);
  const agent = as ?? TEAM;
  const step = stepId(frame.turn, path);
  const sees = [...branch.seen];
  const answer = await answerOf(calls, {
    ...{ path, kind: 'say', key: agent, step, agent, sees },
    ...{ say: text, until: 0 },
  });
  const outcome = answer as StepOutcome; // safety: see `CallAnswer`
  branch.seen = [...branch.seen, step];
  // The worker was lost in every attempt, or there was no room for it.
  if (outcome.status === 'failed') throw new AgentFailed(outcome);
}

interface Inner extends Place {
  readonly limits: Limits | undefined;
}

/** The paths of the inner team's calls begin with that of this call. With limits of its own it may be left in the middle. */
async function runTeam<P extends JsonObject>(
  team: Team<P>,
  options: P | Record<string, never>,
  { branch, frame, calls, limits }: Inner,
): Promise<Answer | undefined> {
  const path = nextPath(branch);
  const prefix = `${path}.`;
  if (!fitsBelow(frame.turn, prefix)) throw new TeamBroken('team_failed', 'Teams are nested too deep.');
  const depth = frame.depth + 1;
  const spending = limits ? frame.spending.within(limits) : frame.spending;
  if (!spending.allows('depth', depth)) return never();
  const inner = { prefix, calls: 0, seen: branch.seen, told: branch.told, repeats: new Repeats() };
  const memory = frame.memory.below(team.name);
  const place = { branch: inner, frame: { ...frame, options, memory, spending, depth }, calls };
  const before = branch.seen.length;
  const whole = async (): Promise<Answer | undefined> => {
    const last = lastWordIn(await team(contextOf<P>(inner, place.frame, calls)));
    return last ? answered(await askOf(last.agent, last.input, { ...place, last: false })) : undefined;
  };
  const spent = async (): Promise<never> => {
    const message = spentSentence(await spending.over);
    calls.withdraw([prefix], 'budget_spent');
    const step = stepId(frame.turn, path);
    throw new AgentFailed({ status: 'failed', step, agent: TEAM, code: 'budget_spent', message, text: '' });
  };
  try {
    return await (limits ? Promise.race([whole(), spent()]) : whole());
  } finally {
    branch.told = inner.told;
    branch.seen = [...branch.seen, ...inner.seen.slice(before)];
  }
}
