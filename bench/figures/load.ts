/** Turns a second with 64 sessions that each ask again as soon as they were answered; and what a turn costs meanwhile. */
import type { Engine, Shape, Talk } from '../engine.ts';
import { atLeast, stated, type NamedFigure } from '../figure.ts';
import { msSince, nowUs } from '../clock.ts';
import { allCallsSince, callsSince, cpuMs, median, redisCalls } from '../sample.ts';
import type { Service, Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 2, tokens: 20 };
const SESSIONS = 64;

/** One round of one engine. */
interface Round {
  readonly perSecond: number;
  /** Of its turns, ms from send to last token. */
  readonly slowestMs: number;
  readonly workerMs: number;
  readonly gatewayMs: number;
  /** Of the Temporal server. */
  readonly serverMs: number;
  /** Scripts and publishes sent by clients. */
  readonly redisRequests: number;
  readonly redisCommands: number;
}

interface Crowd {
  readonly talks: readonly Talk[];
  readonly worker: Service;
  readonly gateway: Service;
}

async function gather(
  engine: Engine,
  shape: Shape,
  services: Pick<Crowd, 'worker' | 'gateway'>,
): Promise<Crowd> {
  const talks = await Promise.all(Array.from({ length: SESSIONS }, () => engine.open(shape)));
  await Promise.all(talks.map((talk) => talk.ask()));
  return { talks, ...services };
}

async function round(stage: Stage, crowd: Crowd, ms: number): Promise<Round> {
  const before = await redisCalls(stage.redis);
  const pids = [crowd.worker.pid, crowd.gateway.pid, stage.temporalPid];
  const cpuBefore = pids.map(cpuMs);
  const start = nowUs();
  let turns = 0;
  let slowest = 0;
  await Promise.all(
    crowd.talks.map(async (talk) => {
      while (msSince(start) < ms) {
        const { lastMs } = await talk.ask();
        turns += 1;
        slowest = Math.max(slowest, lastMs);
      }
    }),
  );
  const took = msSince(start);
  const after = await redisCalls(stage.redis);
  const requests = ['evalsha', 'eval', 'fcall'].reduce(
    (sum, name) => sum + callsSince(before, after, name),
    0,
  );
  const [workerMs = 0, gatewayMs = 0, serverMs = 0] = pids.map(
    (pid, index) => (cpuMs(pid) - (cpuBefore[index] ?? 0)) / turns,
  );
  return {
    perSecond: (turns / took) * 1000,
    slowestMs: slowest,
    ...{ workerMs, gatewayMs, serverMs },
    redisRequests: (requests === 0 ? callsSince(before, after, 'spublish') : requests) / turns,
    redisCommands: allCallsSince(before, after) / turns,
  };
}

const pick = (rounds: readonly Round[], name: keyof Round): number =>
  median(rounds.map((each) => each[name]));

function costs(
  plain: readonly Round[],
  quick: readonly Round[],
  bare: readonly Round[],
): readonly NamedFigure[] {
  const cost = (name: string, title: string, rounds: readonly Round[], of: keyof Round): NamedFigure =>
    stated(name, title, pick(rounds, of), pick(bare, of));
  return [
    cost('slowestTurn', 'the slowest turn of a round at that load, ms', plain, 'slowestMs'),
    cost('slowestTurnQuick', 'the slowest turn of a round, quick, ms', quick, 'slowestMs'),
    cost('workerCpuPerTurn', 'CPU of the worker, ms a turn, at that load', plain, 'workerMs'),
    cost('gatewayCpuPerTurn', 'CPU of the gateway, ms a turn', plain, 'gatewayMs'),
    cost('temporalCpuPerTurn', 'CPU of the Temporal server, ms a turn', plain, 'serverMs'),
    cost('workerCpuPerTurnQuick', 'CPU of the worker, ms a turn, quick', quick, 'workerMs'),
    cost('temporalCpuPerTurnQuick', 'CPU of the Temporal server, ms a turn, quick', quick, 'serverMs'),
    cost(
      'redisRequestsPerTurn',
      'requests to Redis a turn (a script each; bare: a publish each)',
      plain,
      'redisRequests',
    ),
    cost(
      'redisCommandsPerTurn',
      'commands in Redis a turn, those inside scripts included',
      plain,
      'redisCommands',
    ),
  ];
}

export async function measureLoad(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, ms] = short ? [1, 4_000] : [4, 5_000];
  const ours = { worker: stage.productWorker, gateway: stage.productGateway };
  const bare = await gather(stage.bare, SHAPE, { worker: stage.bareWorker, gateway: stage.bareGateway });
  const plain = await gather(stage.product, SHAPE, ours);
  const quick = await gather(stage.product, { ...SHAPE, quick: true }, ours);
  const of = { bare: [] as Round[], plain: [] as Round[], quick: [] as Round[] };
  for (let count = 0; count < rounds; count += 1) {
    of.bare.push(await round(stage, bare, ms));
    of.plain.push(await round(stage, plain, ms));
    of.quick.push(await round(stage, quick, ms));
  }
  for (const talk of [bare, plain, quick].flatMap(({ talks }) => talks)) talk.close();
  const ratioOf = (engine: readonly Round[]): number =>
    median(engine.map(({ perSecond }, index) => perSecond / (of.bare[index]?.perSecond ?? Number.NaN)));
  const floor = pick(of.bare, 'perSecond');
  const title = `turns/s, ${SESSIONS} sessions in a closed loop, 2 agents × 20 tokens`;
  return [
    atLeast(
      { name: 'turnsPerSecond', title, value: pick(of.plain, 'perSecond'), bare: floor },
      ratioOf(of.plain),
      0.9,
    ),
    atLeast(
      {
        name: 'turnsPerSecondQuick',
        title: 'the same, steps declared quick',
        value: pick(of.quick, 'perSecond'),
        bare: floor,
      },
      ratioOf(of.quick),
      1.4,
    ),
    ...costs(of.plain, of.quick, of.bare),
  ];
}
