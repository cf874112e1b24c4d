/**
 * What a turn of each team costs beside a `sequence` of as many steps, which is the least that its steps can cost; what many branches cost
 * beside as many steps one after the other; and what calls of tools cost beside none.
 */
import { workflowId, type AgentSpec } from '../../src/contracts/index.ts';
import { disperse, gather, pick, ratioOf, round, type Crowd, type Round } from '../crowd.ts';
import type { Shape } from '../engine.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { historyLength } from '../history.ts';
import type { Stage } from '../stage.ts';

const TOKENS = 20;
const CALLS = 20;
const BRANCHES = 100;
/** An agent that is said to call tools has its answer, and the answers that call: rounds of five calls. */
const CALL_ROUNDS = 4;

const says = (name: string): AgentSpec => ({ name, runner: 'scripted', script: { tokens: TOKENS } });
const answers = (name: string, answer: object): AgentSpec => ({
  ...{ name, runner: 'scripted', script: { say: JSON.stringify(answer) } },
});

interface Case {
  /** `steps`: how many the turn has; `agents` as the session is opened with. */
  readonly steps: number;
  readonly shape: Pick<Required<Shape>, 'team' | 'cast'>;
}

const task = (agent: string): object => ({ agent, task: 'Look it up.' });

const CASES: Readonly<Record<string, Case>> = {
  parallel: { steps: 4, shape: { team: { name: 'parallel' }, cast: ['a', 'b', 'c', 'd'].map(says) } },
  supervisor: {
    steps: 4,
    shape: {
      team: { name: 'supervisor', options: { rounds: 1 } },
      cast: [answers('lead', { tasks: [task('a'), task('b')] }), says('a'), says('b')],
    },
  },
  handoff: {
    steps: 2,
    shape: {
      team: { name: 'handoff', options: { start: 'a' } },
      cast: [
        { ...says('a'), script: { calls: [[{ tool: 'hand_over', input: { agent: 'b' } }]] }, handoff: ['b'] },
        { ...says('b'), handoff: ['a'] },
      ],
    },
  },
  groupChat: { steps: 3, shape: { team: { name: 'groupChat' }, cast: ['a', 'b', 'c'].map(says) } },
  critic: {
    steps: 2,
    shape: { team: { name: 'critic' }, cast: [says('a'), answers('b', { accepted: true })] },
  },
  debate: {
    steps: 3,
    shape: {
      team: { name: 'debate', options: { rounds: 1, judge: 'c' } },
      cast: ['a', 'b', 'c'].map(says),
    },
  },
};

interface Setting {
  readonly stage: Stage;
  readonly sessions: number;
  readonly rounds: number;
  readonly ms: number;
}

const costOf = ({ workerMs, serverMs }: Round): number => workerMs + serverMs;

interface Pair {
  readonly name: string;
  readonly title: string;
  readonly work: Shape;
  readonly least: Shape;
}

/** CPU, Redis calls and history events of a turn of both, in rounds by turns. */
async function compare(
  { stage, sessions, rounds, ms }: Setting,
  { name, title, work, least }: Pair,
): Promise<readonly NamedFigure[]> {
  const open = (shape: Shape): Promise<Crowd> =>
    gather(stage.product, shape, sessions, { worker: stage.teamsWorker, gateway: stage.productGateway });
  const [floor, crowd] = [await open(least), await open(work)];
  const of = { floor: [] as Round[], crowd: [] as Round[] };
  for (let count = 0; count < rounds; count += 1) {
    of.floor.push(await round(stage, floor, ms));
    of.crowd.push(await round(stage, crowd, ms));
  }
  const events = await eventsOfTurn(stage, crowd);
  const eventsLeast = await eventsOfTurn(stage, floor);
  disperse(floor, crowd);
  const both = (what: (round: Round) => number) => [pick(of.crowd, what), pick(of.floor, what)] as const;
  return [
    {
      ...stated(`${name}Cpu`, `${title}: CPU of server and worker, ms a turn`, ...both(costOf)),
      ratio: ratioOf(of.crowd, of.floor, costOf),
    },
    stated(`${name}Redis`, 'the same: scripts sent to Redis', ...both(({ redisRequests }) => redisRequests)),
    stated(`${name}Events`, 'the same: history events', events, eventsLeast),
  ];
}

async function eventsOfTurn({ temporal }: Stage, { talks }: Crowd): Promise<number> {
  const [talk] = talks;
  if (!talk) return Number.NaN;
  const id = workflowId({ tenant: 'dev', session: talk.session });
  const before = await historyLength(temporal, id);
  await talk.ask();
  return (await historyLength(temporal, id)) - before;
}

const sequence = (agents: number): Shape => ({ agents, tokens: TOKENS });
const working = ({ steps, shape }: Case): Shape => ({ agents: steps, tokens: TOKENS, ...shape });

export async function measureTeams(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const setting = short
    ? { stage, sessions: 2, rounds: 1, ms: 500 }
    : { stage, sessions: 8, rounds: 3, ms: 2_000 };
  await stage.productWorker.end('SIGTERM');
  await stage.teamsWorker.start();
  try {
    const figures: NamedFigure[] = [];
    for (const [name, each] of Object.entries(CASES)) {
      const title = `${name}, ${each.steps} steps, against a sequence of as many`;
      figures.push(
        ...(await compare(setting, { name, title, work: working(each), least: sequence(each.steps) })),
      );
    }
    const cast = Array.from({ length: 4 }, (_, index) => says(`a${index}`));
    const wide = { agents: BRANCHES, tokens: TOKENS, team: { name: 'wide' }, cast };
    const calling = { agents: CALL_ROUNDS + 1, tokens: TOKENS, cast: ['caller'] };
    const few = { ...setting, sessions: 1 };
    figures.push(
      ...(await compare(few, {
        ...{ name: 'branches', title: `${BRANCHES} branches at once, against one step` },
        ...{ work: wide, least: sequence(1) },
      })),
      ...(await compare(setting, {
        ...{
          name: 'calls',
          title: `an agent that makes ${CALLS} calls in ${CALL_ROUNDS} rounds, against none`,
        },
        ...{ work: calling, least: sequence(1) },
      })),
    );
    return figures;
  } finally {
    await stage.teamsWorker.end('SIGTERM');
    await stage.productWorker.start();
  }
}
