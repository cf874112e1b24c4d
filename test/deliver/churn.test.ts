/** Random lives: whatever happens to connections, gateways' Redis and clients, everybody ends with what was said. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyEvent, emptyView, isConvokeError } from '../../src/contracts/index.ts';
import type { SessionEvent, SessionInfo, SessionView } from '../../src/contracts/index.ts';
import type { Delivery } from '../../src/deliver/index.ts';
import { eventually } from '../support/process.ts';
import type { Author } from './author.ts';
import { Client } from './client.ts';
import { Rig } from './rig.ts';
import type { Gateway } from './rig.ts';

const CLIENTS = 6;
const TURNS = 25;

let rig: Rig;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(async () => {
  process.on('unhandledRejection', note);
  rig = await Rig.start();
});
afterAll(async () => {
  await rig.stop();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

/** Numbers that look random and are the same for the same seed (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** Goes somewhere else; a gateway that cannot read the log now is asked again. */
function subscribe(client: Client, delivery: Delivery): Promise<void> {
  client.leave();
  return eventually('a subscription', async () => {
    try {
      await client.subscribe(delivery);
      return true;
    } catch (error) {
      if (isConvokeError(error) && error.code === 'log_unavailable') return false;
      throw error;
    }
  });
}

async function allEvents(delivery: Delivery, author: Author): Promise<readonly SessionEvent[]> {
  const page = await delivery.page(author.ref, 0, 1_000);
  expect(page.next).toBeNull();
  return page.data;
}

function foldOf(events: readonly SessionEvent[], author: Author): SessionView {
  const info: SessionInfo = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 };
  const { tenant, session } = author.ref;
  return events.reduce(applyEvent, emptyView(tenant, session, info, { epoch: author.at.epoch, seq: 0 }));
}

interface World {
  readonly gateways: readonly Gateway[];
  readonly clients: readonly Client[];
  readonly roll: (sides: number) => number;
}

async function restartRedis(): Promise<void> {
  await rig.redis.kill();
  await rig.redis.start();
  await eventually('Redis answers', async () => Boolean(await rig.admin.ping()));
}

/** One thing that goes wrong, or somebody who comes and goes. */
async function disturb({ gateways, clients, roll }: World): Promise<void> {
  const client = clients[roll(clients.length)]!;
  const { delivery, log } = gateways[roll(gateways.length)]!;
  const kind = roll(20);
  if (kind < 10) {
    await subscribe(client, delivery);
  } else if (kind < 13) {
    client.leave();
  } else if (kind < 15) {
    log.deaf = !log.deaf;
  } else if (kind < 18) {
    await rig.breakSubscribers();
  } else {
    await rig.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  }
}

/** The worker: one turn after the other, some attempts superseded. `meanwhile` is called at every word. */
async function speak(author: Author, roll: (sides: number) => number, meanwhile: () => void): Promise<void> {
  for (let number = 1; number <= TURNS; number += 1) {
    const [turn, step] = [`t${number}`, `t${number}.1`];
    await author.message(turn);
    await author.begin(turn, step);
    for (let word = roll(30); word >= 0; word -= 1) {
      meanwhile();
      await author.say(step, `${turn}w${word} `);
      if (roll(25) === 0) await author.begin(turn, step);
    }
    await author.say(step, 'end');
    await author.complete(step);
  }
}

test.each([
  [1, 0],
  [2, 0],
  [3, 1],
  [4, 2],
])('seed %i, Redis killed %i times', async (seed, kills) => {
  const roll = dice(seed);
  const author = await rig.author();
  const gateways = [await rig.gateway(author), await rig.gateway(author)];
  const world = { gateways, clients: Array.from({ length: CLIENTS }, () => new Client(author.ref)), roll };
  let words = 0;
  let life = Promise.resolve();
  await speak(author, dice(seed + 100), () => {
    words += 1;
    const fatal = words % 100 === 0 && words / 100 <= kills;
    life = life.then(() => (fatal ? restartRedis() : disturb(world)));
  });
  await life;
  const { clients } = world;
  for (const { log } of gateways) log.deaf = false;
  await Promise.all(clients.map((client, index) => subscribe(client, gateways[index % 2]!.delivery)));
  await author.message('last');
  await eventually('everybody has heard the last word', () =>
    clients.every(
      ({ view }) => view.position.epoch === author.at.epoch && view.position.seq === author.at.seq,
    ),
  );

  const log = await allEvents(gateways[0]!.delivery, author);
  expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1));
  expect(new Set(log.map((event) => event.id)).size).toBe(log.length);
  const whole = foldOf(log, author);
  expect(whole.entries).toHaveLength(2 * TURNS + 1);
  for (const client of clients) {
    expect(client.faults).toEqual([]);
    expect(client.view.entries).toEqual(whole.entries);
    expect(client.events).toEqual(log.slice(log.length - client.events.length));
  }
});
