/**
 * Twice as many messages as can be answered, for a minute: how many are answered meanwhile, how soon the others are refused, whether anything
 * that was accepted stays unanswered, and how soon after it a session is served as before.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/process.ts';
import { many } from '../client.ts';
import { msSince, nowUs } from '../clock.ts';
import { disperse, productCrowd, round } from '../crowd.ts';
import type { Shape, Talk } from '../engine.ts';
import { atLeast, atMost, bounded, stated, type NamedFigure } from '../figure.ts';
import { readHeap } from '../heap.ts';
import { Sender, type Sent } from '../product/open-loop.ts';
import { cpuMs, median, percentile } from '../sample.ts';
import { sidesOf } from '../sides.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 2, tokens: 20 };
/** Of what can be answered. */
const TIMES = 2;
/** Messages to each session before memory is looked at: it is known, and in the caches, by then. */
const KNOWN = 4;
/** Until gateways know that turns wait, ms: what comes before is not counted. */
const SETTLED_MS = 10_000;
/** Everything that was accepted is answered within this time after the last message, ms. */
const ANSWERED_MS = 60_000;
/** First tokens whose median tells that all is as before, and how much slower than before that may be. */
const PROBES = 5;
const AS_BEFORE = 1.5;

/** Resident memory of a process, MB. */
function residentMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1_000;
}

const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);

interface Point {
  readonly at: number;
  readonly mb: number;
}

/** MB a minute, by least squares. */
function slope(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, mb] = [mean((point) => point.at), mean((point) => point.mb)];
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  const along = points.reduce((sum, point) => sum + (point.at - at) * (point.mb - mb), 0);
  return (along / spread) * 60_000;
}

/** What the engine does. */
interface Capacity {
  /** Answered turns. */
  readonly perSecond: number;
  /** CPU of gateway, worker and Temporal's server for each, ms. */
  readonly cpu: number;
}

/** What it can do at the moment, in a closed loop of as many sessions: a turn costs less where fewer are busy. */
async function capacity(stage: Stage, sessions: number, ms: number): Promise<Capacity> {
  const crowd = await productCrowd(stage, SHAPE, sessions);
  await round(stage, crowd, ms / 2);
  const { perSecond, workerMs, gatewayMs, serverMs } = await round(stage, crowd, ms);
  disperse(crowd);
  return { perSecond, cpu: workerMs + gatewayMs + serverMs };
}

interface Flood {
  readonly sent: readonly Sent[];
  /** Memory of gateway and worker together. */
  readonly memory: readonly Point[];
  readonly from: number;
  readonly ms: number;
  /** CPU of gateway, worker and server since `settledMs`. */
  readonly cpu: number;
}

/** Messages at an even pace, whatever becomes of them, to the sessions by turns. */
async function flood(
  stage: Stage,
  senders: readonly Sender[],
  { perSecond, ms, settledMs }: Readonly<Record<'perSecond' | 'ms' | 'settledMs', number>>,
): Promise<Flood> {
  const from = nowUs();
  const sent: Sent[] = [];
  const memory: Point[] = [];
  const pids = [stage.productGateway.pid, stage.productWorker.pid];
  const cpuNow = (): number => sum([...pids, stage.temporalPid].map(cpuMs));
  let cpu = Number.NaN;
  for (let at = 0; at < ms; at = msSince(from)) {
    while (sent.length < (at / 1_000) * perSecond) {
      const sender = senders[sent.length % senders.length];
      if (sender) sent.push(sender.send());
    }
    if (at >= memory.length * 1_000) memory.push({ at, mb: sum(pids.map(residentMb)) });
    if (at >= settledMs && Number.isNaN(cpu)) cpu = cpuNow();
    await pause(5);
  }
  return { sent, memory, from, ms: msSince(from), cpu: cpuNow() - cpu };
}

function done({ sent, from, ms, cpu }: Flood, settledMs: number): Capacity {
  const ended = sent.filter(({ sentAt, endMs = Number.POSITIVE_INFINITY }) => {
    const at = (sentAt - from) / 1_000 + endMs;
    return at >= settledMs && at < ms;
  }).length;
  return { perSecond: (ended * 1_000) / (ms - settledMs), cpu: cpu / ended };
}

async function firstToken(probe: Talk): Promise<number> {
  const { firstMs } = await probe.ask();
  await pause(50);
  return firstMs;
}

/** ms until first tokens are what they were before. */
async function recovered(probe: Talk, normalMs: number): Promise<number> {
  const start = nowUs();
  const newest: number[] = [];
  do {
    newest.push(await firstToken(probe));
    if (newest.length > PROBES) newest.shift();
  } while (newest.length < PROBES || median(newest) > AS_BEFORE * normalMs);
  return msSince(start);
}

/** Waits for the answers to what has been accepted; resolves with how many have not come. */
async function answeredAll(sent: readonly Sent[]): Promise<number> {
  const open = (): readonly Sent[] =>
    sent.filter(({ problem, endMs }) => problem === undefined && endMs === undefined);
  await eventually('all is answered', () => open().length === 0, ANSWERED_MS).catch(() => undefined);
  return open().length;
}

/** True while gateways follow one of these sessions. */
async function followed(stage: Stage, ids: readonly string[]): Promise<boolean> {
  const channels = (await stage.redis.call('PUBSUB', 'SHARDCHANNELS', '*')) as string[]; // safety: Redis answers so
  const all = channels.join(' ');
  return ids.some((id) => all.includes(id));
}

interface Outcome {
  readonly can: Capacity;
  /** Turns that were answered while messages came, without the beginning. */
  readonly done: Capacity;
  readonly flood: Flood;
  /** More live memory of gateway and worker than before, MB. */
  readonly kept: number;
  readonly recoveryMs: number;
  readonly unanswered: number;
}

function answered({ sent }: Flood, can: Capacity, done: Capacity): readonly NamedFigure[] {
  const refused = sent.filter(({ problem }) => problem !== undefined);
  const share = Math.round((100 * refused.length) / sent.length);
  const title = `turns/s while ${TIMES} times as many messages come (${share} % refused; bare: turns/s that can be answered)`;
  return [
    atLeast(
      { name: 'overloadGoodput', title, value: done.perSecond, bare: can.perSecond },
      done.perSecond / can.perSecond,
      0.9,
    ),
    atMost(
      {
        name: 'overloadCpu',
        title: 'CPU of gateway, worker and server for each answered turn meanwhile, ms',
        value: done.cpu,
        bare: can.cpu,
      },
      done.cpu / can.cpu,
      1.15,
    ),
  ];
}

function figuresOf({ can, done, kept, ...outcome }: Outcome): readonly NamedFigure[] {
  const { recoveryMs, unanswered } = outcome;
  const { sent, memory } = outcome.flood;
  const refused = sent.filter(({ problem }) => problem !== undefined);
  const accepted = sent.filter(({ problem }) => problem === undefined);
  const without = refused.filter(({ problem }) => problem?.retryAfterMs === undefined).length;
  const p95 = (of: (each: Sent) => number | undefined, all: readonly Sent[]): number =>
    percentile(
      all.map((each) => of(each) ?? Number.POSITIVE_INFINITY),
      0.95,
    );
  const late = memory.slice(Math.floor(memory.length / 3));
  return [
    ...answered(outcome.flood, can, done),
    bounded(
      'overloadFirst',
      'accepted meanwhile → first token, p95, ms',
      p95(({ firstMs }) => firstMs, accepted),
      10_000,
    ),
    bounded(
      'overloadRefusal',
      'a refusal comes after, p95, ms',
      p95(({ ackMs }) => ackMs, refused),
      250,
    ),
    bounded('overloadMoment', 'refusals that do not say when to come back', without, 0),
    bounded('overloadLost', 'accepted and not answered', unanswered, 0),
    stated(
      'overloadMemory',
      'resident memory of gateway and worker meanwhile, MB more a minute',
      slope(late),
    ),
    bounded('overloadKept', 'live memory of gateway and worker afterwards, MB more', kept, 10),
    bounded(
      'overloadRecovery',
      'after the last message, until first tokens are as before, ms',
      recoveryMs,
      10_000,
    ),
    stated(
      'overloadAck',
      'an accepted message is accepted after, p95, ms',
      p95(({ ackMs }) => ackMs, accepted),
    ),
  ];
}

export async function measureOverload(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [sessions, loopMs, ms, settledMs] = short
    ? [128, 2_000, 10_000, 4_000]
    : [256, 3_000, 60_000, SETTLED_MS];
  const { product } = sidesOf(stage);
  const probe = await product.engine.open(SHAPE);
  const normal = await many(20, 1, () => firstToken(probe));
  const ids = await many(sessions, 16, async () => {
    const talk = await product.engine.open(SHAPE);
    talk.close();
    return talk.session;
  });
  const watch = (): Promise<Sender[]> => Promise.all(ids.map((session) => Sender.open(product, session)));
  let senders = await watch();
  for (let each = 0; each < KNOWN; each += 1) await answeredAll(senders.map((sender) => sender.send()));
  const before = await capacity(stage, sessions, loopMs);
  const heaps = await Promise.all([
    readHeap(stage.productGateway.pid, stage.gatewayInspector),
    readHeap(stage.productWorker.pid, stage.productInspector),
  ]);
  // A gateway keeps the newest events of what it follows, and for `lingerMs` afterwards: here some 70 kB a session.
  const live = async (): Promise<number> => {
    for (const each of senders) each.close();
    await eventually('nobody watches', async () => !(await followed(stage, ids)), ANSWERED_MS);
    return sum(await Promise.all(heaps.map((heap) => heap.bytes()))) / 1e6;
  };
  const liveBefore = await live();
  senders = await watch();
  const flooded = await flood(stage, senders, { perSecond: TIMES * before.perSecond, ms, settledMs });
  const recoveryMs = await recovered(probe, median(normal));
  const unanswered = await answeredAll(flooded.sent);
  const kept = (await live()) - liveBefore;
  for (const heap of heaps) heap.close();
  // Others may use more or less of the machine by now.
  const after = await capacity(stage, sessions, loopMs);
  probe.close();
  return figuresOf({
    can: { perSecond: (before.perSecond + after.perSecond) / 2, cpu: (before.cpu + after.cpu) / 2 },
    done: done(flooded, settledMs),
    ...{ flood: flooded, kept, recoveryMs, unanswered },
  });
}
