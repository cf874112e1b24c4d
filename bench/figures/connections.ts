/** What idle connections cost a gateway, how quickly it takes them, and how quickly they are back after it was killed. */
import { setTimeout as pause } from 'node:timers/promises';
import { BareClient, many } from '../client.ts';
import { msSince, nowUs } from '../clock.ts';
import { atLeast, atMost, stated, type NamedFigure } from '../figure.ts';
import { readHeap } from '../heap.ts';
import { cpuMs, median } from '../sample.ts';
import { KEY, sidesOf, type Side } from '../sides.ts';
import type { Stage } from '../stage.ts';

/** Connections that are being opened at a time. */
const AT_ONCE = 50;
/** Connections of one session. */
const CROWD = 20;

const open = (side: Side, count: number): Promise<readonly BareClient[]> =>
  many(count, AT_ONCE, () => BareClient.connect(side.url, KEY));

const closeAll = (clients: readonly BareClient[]): void => clients.forEach((client) => client.close());

/** A gateway that has served nobody yet. */
async function renewed({ gateway }: Side): Promise<void> {
  await gateway.end('SIGKILL');
  await gateway.start();
}

interface Held {
  /** Of an idle connection, bytes of heap and what it holds outside. */
  readonly connected: number;
  /** The same, as one of those that follow a session. */
  readonly following: number;
}

async function held(side: Side, count: number): Promise<Held> {
  await renewed(side);
  // The first ones bring code and tables into being.
  closeAll(await open(side, AT_ONCE));
  const talk = await side.engine.open({ agents: 1, tokens: 20 });
  await talk.ask();
  const heap = await readHeap(side.gateway.pid, side.inspector);
  await pause(500);
  const before = await heap.bytes();
  const clients = await open(side, count);
  await pause(500);
  const connected = await heap.bytes();
  await Promise.all(clients.map((client) => side.follow(client, talk.session)));
  await pause(500);
  const following = await heap.bytes();
  heap.close();
  closeAll(clients);
  talk.close();
  await renewed(side);
  return { connected: (connected - before) / count, following: (following - before) / count };
}

interface Taken {
  readonly perSecond: number;
  /** CPU of the gateway for one, ms. */
  readonly cpu: number;
}

async function taken(side: Side, count: number): Promise<Taken> {
  const cpu = cpuMs(side.gateway.pid);
  const start = nowUs();
  const clients = await open(side, count);
  const took = msSince(start);
  const used = cpuMs(side.gateway.pid) - cpu;
  closeAll(clients);
  await pause(500);
  return { perSecond: (count / took) * 1_000, cpu: used / count };
}

/** ms from a killed gateway's successor being there until all of its connections are back, each with its session. */
async function back(side: Side, sessions: readonly string[]): Promise<number> {
  const count = sessions.length * CROWD;
  const come = async (index: number): Promise<BareClient> => {
    const client = await BareClient.connect(side.url, KEY);
    await side.follow(client, sessions[index % sessions.length] ?? '');
    return client;
  };
  const clients = await many(count, AT_ONCE, come);
  await side.gateway.end('SIGKILL');
  closeAll(clients);
  await side.gateway.start();
  const start = nowUs();
  const again = await many(count, count, come);
  const took = msSince(start);
  closeAll(again);
  return took;
}

async function sessionsOf({ engine }: Side, count: number): Promise<readonly string[]> {
  const talks = await many(count, 8, () => engine.open({ agents: 2, tokens: 20 }));
  for (const talk of talks) {
    await talk.ask();
    talk.close();
  }
  return talks.map(({ session }) => session);
}

const KB = 1_000;

async function memory(stage: Stage, count: number): Promise<readonly NamedFigure[]> {
  const { product, bare } = sidesOf(stage);
  const [ours, theirs] = [await held(product, count), await held(bare, count)];
  const title = `memory of the gateway, kB an idle connection (${count})`;
  const connected = { value: ours.connected / KB, bare: theirs.connected / KB };
  return [
    atMost({ name: 'memoryPerConnection', title, ...connected }, ours.connected / theirs.connected, 1.3),
    stated(
      'memoryPerFollower',
      'the same, all following one session',
      ours.following / KB,
      theirs.following / KB,
    ),
  ];
}

async function accepting(stage: Stage, rounds: number, count: number): Promise<readonly NamedFigure[]> {
  const { product, bare } = sidesOf(stage);
  const of = { product: [] as Taken[], bare: [] as Taken[] };
  for (let round = 0; round < rounds; round += 1) {
    of.bare.push(await taken(bare, count));
    of.product.push(await taken(product, count));
  }
  const pick = (side: readonly Taken[], what: keyof Taken): number => median(side.map((each) => each[what]));
  const ratio = median(of.product.map((each, round) => each.perSecond / (of.bare[round]?.perSecond ?? NaN)));
  const speed = { value: pick(of.product, 'perSecond'), bare: pick(of.bare, 'perSecond') };
  const title = `connections taken a second, ${AT_ONCE} at a time`;
  return [
    atLeast({ name: 'connectionsPerSecond', title, ...speed }, ratio, 0.8),
    stated(
      'cpuPerConnection',
      'CPU of the gateway, ms a connection',
      pick(of.product, 'cpu'),
      pick(of.bare, 'cpu'),
    ),
  ];
}

async function returning(stage: Stage, rounds: number, count: number): Promise<readonly NamedFigure[]> {
  const { product, bare } = sidesOf(stage);
  const [ours, theirs] = [await sessionsOf(product, count / CROWD), await sessionsOf(bare, count / CROWD)];
  const of = { product: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    of.bare.push(await back(bare, theirs));
    of.product.push(await back(product, ours));
  }
  const title = `${count} connections of a killed gateway are back and caught up after, ms (${count / CROWD} sessions)`;
  const figure = { name: 'reconnect', title, value: median(of.product), bare: median(of.bare) };
  return [atMost(figure, median(of.product.map((ms, round) => ms / (of.bare[round] ?? NaN))), 1.5)];
}

export async function measureConnections(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, count] = short ? [1, 200] : [5, 2_000];
  return [
    ...(await accepting(stage, rounds, count)),
    ...(await returning(stage, rounds, count)),
    ...(await memory(stage, count)),
  ];
}
