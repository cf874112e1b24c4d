/** Notices that are lost, and logs that are lost. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { eventually } from '../support/process.ts';
import type { Author } from './author.ts';
import { Client } from './client.ts';
import { Rig } from './rig.ts';
import type { Tapped } from './rig.ts';

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

/** What the client has is what was said: every event once and in order since its last snapshot, and the texts. */
function expectTold(client: Client, author: Author): void {
  expect(client.faults).toEqual([]);
  const seqs = client.events.map((event) => event.seq);
  const first = author.at.seq - seqs.length + 1;
  expect(seqs).toEqual(seqs.map((_, index) => first + index));
  expect(client.view.position).toEqual(author.at);
}

/** Resolves once this many notices have gone by unheard. */
function unheard(log: Tapped, count: number): Promise<void> {
  return eventually('notices go by', () => log.unheard >= count);
}

test('an event that cannot be folded, from whoever can publish, does not end the gateway', async () => {
  const author = await rig.author();
  const { delivery } = await rig.gateway(author);
  const client = new Client(author.ref);
  await client.subscribe(delivery);
  const { epoch, seq } = client.view.position;
  const strange = { id: 'message:x', type: 'message.accepted', at: 1, data: { messageId: 'x' } };
  const notice = `E ${epoch} ${seq + 1} ${JSON.stringify(strange)}`;
  await rig.admin.spublish(logKeys(author.ref).channel, notice);
  await author.turn('t1', 'Hi');
  await eventually('all is here', () => client.seq === author.at.seq);
  expectTold(client, author);
});

describe('lost notices', () => {
  test('are read from the log as soon as a later one comes', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    log.deaf = true;
    await author.turn('t1', 'Hi');
    await unheard(log, 6);
    log.deaf = false;
    await author.message('t2');
    await eventually('all is here', () => client.seq === author.at.seq);
    expectTold(client, author);
    expect(client.events).toHaveLength(7);
    expect(client.resets).toBe(0);
  });

  test('of a running text come as one piece', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'one ');
    await eventually('the start is here', () => client.texts[0] === 'one ');
    log.deaf = true;
    for (const word of ['two ', 'three ']) await author.say('t1.1', word);
    await unheard(log, 2);
    log.deaf = false;
    await author.say('t1.1', 'four');
    await eventually('the text is here', () => client.texts[0] === 'one two three four');
    expect(client.deltas.map((delta) => delta.text)).toEqual(['one ', 'two three four']);
    expectTold(client, author);
  });

  test('of a step that started unheard: its start is read first', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    log.deaf = true;
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await unheard(log, 3);
    log.deaf = false;
    await author.say('t1.1', 'Hi');
    await eventually('the text is here', () => client.view.entries.length === 2 && client.texts[0] === 'Hi');
    expectTold(client, author);
  });

  test('more than a gateway keeps: everybody is reset', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    log.deaf = true;
    for (let turn = 1; turn <= 52; turn += 1) await author.turn(`t${turn}`, 'x');
    await unheard(log, 312);
    log.deaf = false;
    await author.message('t53');
    await eventually('all is here', () => client.seq === author.at.seq);
    expect(client.resets).toBe(1);
    expectTold(client, author);
  });

  test('the last ones are found by the periodic comparison', async () => {
    jest.useFakeTimers({ doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'queueMicrotask', 'Date'] });
    try {
      const author = await rig.author();
      const { delivery, log } = await rig.gateway(author);
      const client = new Client(author.ref);
      await client.subscribe(delivery);
      log.deaf = true;
      await author.turn('t1', 'Hi');
      await unheard(log, 6);
      jest.advanceTimersByTime(LIMITS.positionCheckMs);
      await eventually('all is here', () => client.seq === author.at.seq);
      expectTold(client, author);
    } finally {
      jest.useRealTimers();
    }
  });

  test('while the connection was broken are found when it is back', async () => {
    const author = await rig.author();
    const { delivery, subscriber } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'one ');
    await eventually('the start is here', () => client.texts[0] === 'one ');
    const broken = new Promise((resolve) => subscriber.once('close', resolve));
    await rig.breakSubscribers();
    await broken;
    await author.say('t1.1', 'two');
    await eventually('the text is here without another word', () => client.texts[0] === 'one two');
    await author.complete('t1.1');
    await eventually('and its end', () => client.seq === author.at.seq);
    expectTold(client, author);
    expect(client.resets).toBe(0);
  });
});

describe('a lost log', () => {
  test('that a worker rebuilds resets everybody, with the same events in a new epoch', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    await author.turn('t1', 'Hi');
    const { epoch } = author.at;
    const { meta, log, ids } = logKeys(author.ref);
    await rig.admin.del(meta, log, ids);
    await author.turn('t2', 'again');
    await eventually('all is here', () => client.seq === author.at.seq && client.resets > 0);
    expect(author.at.epoch).toBeGreaterThan(epoch);
    expect(client.texts).toEqual(['Hi', 'again']);
    expectTold(client, author);
  });

  test('with its Redis: watchers stay, the log is rebuilt once, everything is there again', async () => {
    const author = await rig.author();
    const [one, two] = [await rig.gateway(author), await rig.gateway(author)];
    const clients = [new Client(author.ref), new Client(author.ref), new Client(author.ref)] as const;
    await clients[0].subscribe(one.delivery);
    await clients[1].subscribe(one.delivery);
    await clients[2].subscribe(two.delivery);
    await author.turn('t1', 'Hi');
    await eventually('all have it', () => clients.every((client) => client.seq === 6));
    const { position } = clients[0].view;
    await rig.redis.kill();

    const late = new Client(author.ref);
    expect(await late.subscribe(one.delivery)).toMatchObject({ mode: 'snapshot', position });
    await expect(one.delivery.page(author.ref, 0, 10)).rejects.toMatchObject({ code: 'log_unavailable' });
    const elsewhere = new Client({ ...author.ref, session: 'other' });
    await expect(elsewhere.subscribe(one.delivery)).rejects.toMatchObject({ code: 'log_unavailable' });

    await rig.redis.start();
    const all = [...clients, late];
    await eventually('all are reset', () => all.every((client) => client.resets === 1));
    const epochs = new Set(all.map((client) => client.view.position.epoch));
    expect(epochs.size).toBe(1);
    expect(Math.min(...epochs)).toBeGreaterThan(position.epoch);
    expect(all.map((client) => client.texts)).toEqual(all.map(() => ['Hi']));
    expect(all.map((client) => client.ended)).toEqual(all.map(() => null));

    await author.turn('t2', 'again');
    await eventually('life goes on', () => all.every((client) => client.seq === 11));
    for (const client of all) expectTold(client, author);
    const page = await one.delivery.page(author.ref, 0, 100);
    expect(page.data.map(({ id }) => id)).toEqual(author.events.map(({ id }) => id));
  });

  test('of its newest events is a new epoch too', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    await author.turn('t1', 'Hi');
    await eventually('the turn is here', () => client.seq === 6);
    const { meta, log, ids } = logKeys(author.ref);
    await rig.admin.xdel(log, '5-0', '6-0');
    await rig.admin.hset(meta, 's', 4);
    await rig.admin.hdel(ids, author.events[4]!.id, author.events[5]!.id);
    await rig.breakSubscribers();
    await eventually('it is reset', () => client.resets === 1);
    expect(client.seq).toBe(6);
    expect(client.view.position.epoch).toBeGreaterThan(author.at.epoch);
    expect(client.texts).toEqual(['Hi']);
  });

  test('waits for a worker, and watchers wait with it', async () => {
    const author = await rig.author();
    const { delivery, warnings } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    author.exists = false;
    await rig.admin.flushall();
    await rig.breakSubscribers();
    await eventually('it is told once', () => warnings.length > 0);
    author.exists = true;
    await eventually('it is reset', () => client.resets === 1);
    expect(client.ended).toBeNull();
    expect(warnings).toHaveLength(1);
  });
});
