/** Reading the past: across the border of log and archive. And how long a session is followed. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LIMITS, parsePosition } from '../../src/contracts/index.ts';
import type { Position } from '../../src/contracts/index.ts';
import type { Delivery } from '../../src/deliver/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { eventually } from '../support/process.ts';
import type { Author } from './author.ts';
import { Client } from './client.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

async function readAll(delivery: Delivery, author: Author, limit: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let after: Position | number = 0; ;) {
    const page = await delivery.page(author.ref, after, limit);
    expect(page.data.length).toBeLessThanOrEqual(limit);
    expect(page.head).toEqual(author.at);
    seqs.push(...page.data.map((event) => event.seq));
    if (page.next === null) return seqs;
    after = parsePosition(page.next)!;
  }
}

describe('a page', () => {
  test('begins after a seq or a position, and says where it ends', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    await author.turn('t1', 'Hi');
    const { epoch } = author.at;
    const page = await delivery.page(author.ref, 2, 3);
    expect(page.data.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(page).toMatchObject({ next: `${epoch}:5`, head: { epoch, seq: 6 } });
    expect(page.data[0]).toMatchObject({ v: 1, ...author.ref, epoch });
    expect(await delivery.page(author.ref, { epoch, seq: 5 }, 3)).toMatchObject({ next: null });
    expect(await delivery.page(author.ref, 6, 3)).toMatchObject({ data: [], next: null });
    expect((await delivery.page(author.ref, { epoch: 0, seq: 0 }, 1)).data).toHaveLength(1);
  });

  test('refuses a place that is beyond the end or in another epoch', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    await author.turn('t1', 'Hi');
    const { epoch } = author.at;
    const refused = { code: 'invalid_cursor' };
    await expect(delivery.page(author.ref, 7, 3)).rejects.toMatchObject(refused);
    await expect(delivery.page(author.ref, { epoch, seq: 7 }, 3)).rejects.toMatchObject(refused);
    await expect(delivery.page(author.ref, { epoch: epoch - 1, seq: 3 }, 3)).rejects.toMatchObject(refused);
  });

  test('goes on from the archive into the log without a gap, whatever its size', async () => {
    const author = await rig.author({ maxBytes: 4_000 });
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 20; turn += 1) {
      await author.turn(`t${turn}`, 'some words');
      if (turn % 5 === 0) await author.store();
    }
    const all = Array.from({ length: 101 }, (_, index) => index + 1);
    const first = Number(await rig.admin.hget(logKeys(author.ref).meta, 'f'));
    expect(first).toBeGreaterThan(50);
    for (const limit of [1, 7, first - 2, first - 1, first, 500]) {
      expect(await readAll(delivery, author, limit)).toEqual(all);
    }
    const snapshot = await delivery.snapshot(author.ref);
    expect(snapshot.entries).toHaveLength(40);
    expect(snapshot.truncated).toBe(false);
  });

  test('of large events ends early, and says where it goes on', async () => {
    const author = await rig.author({ maxBytes: 4_000 });
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 24; turn += 1) await author.turn(`t${turn}`, 'x'.repeat(LIMITS.stepChars));
    await author.store();
    const page = await delivery.page(author.ref, 0, LIMITS.pageEvents);
    expect(JSON.stringify(page).length).toBeLessThan(LIMITS.pageChars + 32 * LIMITS.stepChars);
    expect(page.data.length).toBeLessThan(121);
    expect(page.next).not.toBeNull();
    expect(await readAll(delivery, author, LIMITS.pageEvents)).toHaveLength(121);
  });

  test('asks the workflow for what the log has trimmed and the archive does not have yet', async () => {
    const author = await rig.author({ maxBytes: 4_000 });
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 10; turn += 1) await author.turn(`t${turn}`, 'some words');
    expect(await readAll(delivery, author, 9)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
    author.events = [];
    await expect(delivery.page(author.ref, 0, 9)).rejects.toMatchObject({ code: 'log_unavailable' });
  });

  test('of a snapshot of a long session is what it has dropped', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 120; turn += 1) await author.turn(`t${turn}`, 'x');
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    expect(client.view.truncated).toBe(true);
    expect(client.view.entries.length).toBeGreaterThan(LIMITS.snapshotEntries - 10);
    await author.turn('t121', 'y');
    await eventually('it goes on', () => client.seq === author.at.seq);
    expect(client.faults).toEqual([]);
  });
});

describe('following', () => {
  test('goes on for a while after the last watcher has left, then ends', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const client = new Client(author.ref);
    const { channel } = logKeys(author.ref);
    const listeners = async (): Promise<unknown> =>
      ((await rig.admin.call('PUBSUB', 'SHARDNUMSUB', channel)) as unknown[])[1];
    await client.subscribe(delivery);
    jest.useFakeTimers({
      doNotFake: ['setInterval', 'setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'],
    });
    try {
      client.leave();
      jest.advanceTimersByTime(LIMITS.lingerMs - 1);
      expect(await listeners()).toBe(1);
      const { read } = log.calls;
      expect(await client.subscribe(delivery)).toMatchObject({ mode: 'resume' });
      expect(log.calls['read']).toBe(read);
      jest.advanceTimersByTime(2 * LIMITS.lingerMs);
      expect(await listeners()).toBe(1);
      client.leave();
      jest.advanceTimersByTime(LIMITS.lingerMs);
    } finally {
      jest.useRealTimers();
    }
    await eventually('nobody listens', async () => (await listeners()) === 0);
    expect(await client.subscribe(delivery)).toMatchObject({ mode: 'resume' });
  });

  test('ends when delivery stops, and watchers are not told', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    await delivery.stop();
    await author.turn('t1', 'Hi');
    expect(client).toMatchObject({ seq: 1, ended: null });
    const { channel } = logKeys(author.ref);
    expect(await rig.admin.call('PUBSUB', 'SHARDNUMSUB', channel)).toEqual([channel, 0]);
  });
});
