/** Sessions that each ask again as soon as they were answered, and what a turn of theirs costs. */
import { msSince, nowUs } from './clock.ts';
import type { Engine, Shape, Talk } from './engine.ts';
import { allCallsSince, callsSince, cpuMs, median, redisCalls } from './sample.ts';
import type { Service } from './service.ts';
import type { Stage } from './stage.ts';

/** One round of one engine; costs are those of a turn. */
export interface Round {
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

export interface Crowd {
  readonly talks: readonly Talk[];
  readonly worker: Service;
  readonly gateway: Service;
}

export async function gather(
  engine: Engine,
  shape: Shape,
  sessions: number,
  services: Pick<Crowd, 'worker' | 'gateway'>,
): Promise<Crowd> {
  const talks = await Promise.all(Array.from({ length: sessions }, () => engine.open(shape)));
  await Promise.all(talks.map((talk) => talk.ask()));
  return { talks, ...services };
}

export function bareCrowd(stage: Stage, shape: Shape, sessions: number): Promise<Crowd> {
  const { bare, bareWorker: worker, bareGateway: gateway } = stage;
  return gather(bare, shape, sessions, { worker, gateway });
}

export function productCrowd(stage: Stage, shape: Shape, sessions: number): Promise<Crowd> {
  const { product, productWorker: worker, productGateway: gateway } = stage;
  return gather(product, shape, sessions, { worker, gateway });
}

export function disperse(...crowds: readonly Crowd[]): void {
  for (const talk of crowds.flatMap(({ talks }) => talks)) talk.close();
}

export async function round(stage: Stage, crowd: Crowd, ms: number): Promise<Round> {
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

/** The median round's. */
export function pick(rounds: readonly Round[], of: (round: Round) => number): number {
  return median(rounds.map(of));
}

/** The median of the rounds' ratios: rounds of the same number ran one after the other. */
export function ratioOf(
  rounds: readonly Round[],
  bare: readonly Round[],
  of: (round: Round) => number,
): number {
  return median(
    rounds.map((each, index) => {
      const floor = bare[index];
      return floor ? of(each) / of(floor) : Number.NaN;
    }),
  );
}
