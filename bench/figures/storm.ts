/**
 * A gateway with many sockets is killed, and all come back to another one that serves sessions of its own: how soon they have what they had
 * missed, beside the bare gateway, and how much later those sessions speak meanwhile.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/process.ts';
import { many } from '../client.ts';
import { msSince, nowUs } from '../clock.ts';
import type { Engine, Shape, Talk } from '../engine.ts';
import { atMost, bounded, stated, type NamedFigure } from '../figure.ts';
import { Herd } from '../herd/herd.ts';
import { createBareEngine } from '../bare/engine.ts';
import { createProductEngine } from '../product/engine.ts';
import { percentile } from '../sample.ts';
import type { Service } from '../service.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 1, tokens: 20 };
/** Clients of one session. */
const CROWD = 20;
const PROCESSES = 2;
/** Sessions in which something happens while nobody is there, and such as are served by the other gateway all the time. */
const MISSED = 10;
const LIVE = 4;
const BACK_MS = 60_000;

interface Side {
  readonly name: 'product' | 'bare';
  readonly gateway: Service;
  readonly url: string;
  readonly other: Service;
  readonly otherUrl: string;
  readonly engine: Engine;
}

interface Storm {
  /** Of the clients, ms from the end of the gateway. */
  readonly backMs: readonly number[];
  readonly resumed: number;
  readonly faults: number;
  /** First tokens of the other gateway's own sessions, ms: before, and meanwhile. */
  readonly before: readonly number[];
  readonly meanwhile: readonly number[];
}

async function asking(talks: readonly Talk[], going: () => boolean): Promise<readonly number[]> {
  const took: number[] = [];
  const line = async (talk: Talk): Promise<void> => {
    while (going()) {
      took.push((await talk.ask()).firstMs);
      await pause(50);
    }
  };
  await Promise.all(talks.map(line));
  return took;
}

async function sessionsOf({ engine }: Side, count: number): Promise<readonly string[]> {
  const talks = await many(count, 16, () => engine.open(SHAPE));
  for (const talk of talks) talk.close();
  return talks.map(({ session }) => session);
}

/** `count` clients; all are back when this resolves. */
async function storm(side: Side, count: number): Promise<Storm> {
  const { name: engine, gateway, url, other, otherUrl } = side;
  const sessions = await sessionsOf(side, count / CROWD);
  const places = Array.from({ length: PROCESSES }, () => ({
    ...{ engine, url, sessions, clients: count / PROCESSES },
  }));
  const herd = await Herd.gather(places);
  const elsewhere = engine === 'product' ? createProductEngine(otherUrl) : createBareEngine(otherUrl);
  const live = await many(LIVE, LIVE, () => elsewhere.open(SHAPE));
  try {
    const settled = nowUs();
    const before = await asking(live, () => msSince(settled) < 3_000);
    await herd.tell();
    herd.returnTo(otherUrl);
    const killed = nowUs();
    await gateway.end('SIGKILL');
    const back: number[] = [];
    const sums = { resumed: 0, faults: 0 };
    const meanwhile = asking(live, () => back.length < count && msSince(killed) < BACK_MS);
    if (engine === 'product') await missed(otherUrl, sessions.slice(0, MISSED));
    await eventually(
      'all are back',
      async () => {
        for (const told of await herd.tell()) {
          back.push(...told.back);
          sums.resumed += told.resumed;
          sums.faults += told.faults;
        }
        await pause(100);
        return back.length >= count;
      },
      BACK_MS,
    );
    const backMs = back.map((at) => (at - killed) / 1_000);
    return { backMs, ...sums, before, meanwhile: await meanwhile };
  } finally {
    herd.end();
    for (const talk of live) talk.close();
    await other.end('SIGKILL');
    await gateway.start();
  }
}

/** Messages to sessions of which nobody hears at the moment. */
async function missed(url: string, sessions: readonly string[]): Promise<void> {
  await Promise.all(
    sessions.map((session) =>
      fetch(`${url}/v1/sessions/${session}/messages`, {
        method: 'POST',
        headers: { authorization: 'Bearer dev', 'content-type': 'application/json' },
        body: JSON.stringify({ messageId: crypto.randomUUID(), text: 'Is anybody there?' }),
      }),
    ),
  );
}

export async function measureStorm(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const count = short ? 400 : 5_000;
  const product: Side = {
    ...{ name: 'product', gateway: stage.productGateway, url: stage.productUrl, engine: stage.product },
    ...{ other: stage.secondGateway, otherUrl: stage.secondUrl },
  };
  const bare: Side = {
    ...{ name: 'bare', gateway: stage.bareGateway, url: stage.bareUrl, engine: stage.bare },
    ...{ other: stage.bareSecondGateway, otherUrl: stage.bareSecondUrl },
  };
  await bare.other.start();
  const floor = await storm(bare, count);
  await product.other.start();
  const ours = await storm(product, count);
  const p95 = (values: readonly number[]): number => percentile(values, 0.95);
  const compared = (name: string, title: string, of: (each: Storm) => number): NamedFigure =>
    atMost({ name, title, value: of(ours), bare: of(floor) }, of(ours) / of(floor), 1.5);
  const clients = `${count} clients of ${count / CROWD} sessions, whose gateway is killed,`;
  return [
    compared('stormBack', `${clients} are back and caught up on another, p95, ms`, (each) =>
      p95(each.backMs),
    ),
    compared('stormLast', 'the same, the last one', (each) => Math.max(...each.backMs)),
    bounded('stormFaults', 'gaps and repetitions that they were told', ours.faults, 0),
    bounded('stormSnapshots', 'clients that had to take a snapshot', count - ours.resumed, 0),
    compared('stormLive', 'first token of sessions that were there already, meanwhile, p95, ms', (each) =>
      p95(each.meanwhile),
    ),
    stated('stormBefore', 'the same before', p95(ours.before), p95(floor.before)),
  ];
}
