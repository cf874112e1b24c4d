/** Subscribing: who gets a snapshot, who resumes, and what each is given. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConvokeError, eventId, LIMITS } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { Client } from './client.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

describe('a first subscription', () => {
  test('finds a session whose workflow has just been opened and has published nothing', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const client = new Client(author.ref);
    const { mode, position } = await client.subscribe(delivery);
    expect(mode).toBe('snapshot');
    expect(position.seq).toBe(1);
    expect(client.view).toMatchObject({ status: 'open', agents: ['ann'], entries: [] });
    await author.turn('t1', 'Hi ', 'there');
    await eventually('the turn is here', () => client.view.turns[0]?.status === 'completed');
    expect(client.events.map((event) => event.seq)).toEqual([2, 3, 4, 5, 6]);
    expect(client.texts).toEqual(['Hi there']);
    expect(client.faults).toEqual([]);
  });

  test('says that there is no such session, and later that there is', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    author.exists = false;
    const client = new Client(author.ref);
    await expect(client.subscribe(delivery)).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(delivery.snapshot(author.ref)).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(delivery.page(author.ref, 0, 10)).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(delivery.receipt(author.ref, 'm-t1')).rejects.toMatchObject({ code: 'session_not_found' });
    author.exists = true;
    expect(await client.subscribe(delivery)).toMatchObject({ mode: 'snapshot' });
  });

  test('needs a worker only if there is no log', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    author.failure = new ConvokeError('worker_unavailable');
    const client = new Client(author.ref);
    await expect(client.subscribe(delivery)).rejects.toMatchObject({ code: 'worker_unavailable' });
    await author.turn('t1', 'Hi');
    expect(await client.subscribe(delivery)).toMatchObject({ mode: 'snapshot', position: { seq: 6 } });
  });

  test('is one start, however many subscribe at the same time', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const clients = Array.from({ length: 20 }, () => new Client(author.ref));
    await Promise.all(clients.map((client) => client.subscribe(delivery)));
    expect(author.asked).toBe(1);
    expect(log.calls).toEqual({ subscribe: 1, read: 2, rebuild: 1 });
    await author.turn('t1', 'Hi');
    await eventually('all have it', () => clients.every((client) => client.seq === 6));
  });

  test('gets the text of a running step in one piece, and goes on from there', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    for (const word of ['one ', 'two ', 'three ']) await author.say('t1.1', word);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    expect(client.texts).toEqual(['one two three ']);
    await author.say('t1.1', 'four');
    await eventually('the rest is here', () => client.texts[0] === 'one two three four');
    expect(client.deltas).toHaveLength(1);
  });

  test('gets the reasoning of a running step in one piece beside its text, and goes on from there', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const [early, late] = [new Client(author.ref), new Client(author.ref)];
    await early.subscribe(delivery);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'Yes');
    await eventually('the text is here', () => early.texts[0] === 'Yes');
    const { session } = author.ref;
    const thought = { session, step: 't1.1', attempt: 1, part: 'reasoning' } as const;
    const think = (offset: number, text: string): void =>
      log.listeners[0]!.delta(author.at.epoch, { ...thought, offset, text });
    think(0, 'Hm');
    think(2, ', yes');
    expect(early.deltas).toEqual([
      { session, step: 't1.1', attempt: 1, offset: 0, text: 'Yes' },
      { ...thought, offset: 0, text: 'Hm' },
      { ...thought, offset: 2, text: ', yes' },
    ]);
    await late.subscribe(delivery);
    const cursor = late.replica.cursor!;
    expect(cursor.open).toEqual({ 't1.1': { attempt: 1, offset: 3, reasoning: 7 } });
    late.leave();
    think(7, '!');
    await late.subscribe(delivery);
    expect(late.deltas).toEqual([{ ...thought, offset: 7, text: '!' }]);
    expect(late.view).toEqual(early.view);
    // One that has the text only is given the reasoning whole.
    const other = new Client(author.ref);
    other.replica.replace({ ...late.view, entries: [] });
    await other.subscribe(delivery, { ...cursor, open: { 't1.1': { attempt: 1, offset: 3 } } });
    expect(other.deltas).toEqual([{ ...thought, offset: 0, text: 'Hm, yes!' }]);
  });

  test('does not follow for a single question', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    await author.turn('t1', 'Hi');
    expect((await delivery.snapshot(author.ref)).entries).toHaveLength(2);
    expect(await delivery.receipt(author.ref, 'm-t1')).toMatchObject({
      ...{ status: 'consumed', turn: 't1', turnStatus: 'completed' },
    });
    await expect(delivery.receipt(author.ref, 'nobody')).rejects.toMatchObject({ code: 'message_not_found' });
    expect(log.calls['subscribe']).toBeUndefined();
    await new Client(author.ref).subscribe(delivery);
    const { read } = log.calls;
    expect(await delivery.receipt(author.ref, 'm-t1')).toMatchObject({ turnStatus: 'completed' });
    expect(await delivery.snapshot(author.ref)).toMatchObject({ position: { seq: 6 } });
    expect(log.calls['read']).toBe(read);
  });

  test('hears of a message that only the workflow knows', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    await author.turn('t1', 'Hi');
    const { session } = author.ref;
    author.pending.push({
      id: 'message:later',
      type: 'message.rejected',
      at: 1,
      data: { messageId: 'later', code: '' },
    });
    expect(await delivery.receipt(author.ref, 'later')).toMatchObject({ session, status: 'accepted' });
    // A lost log is not built anew for this.
    await rig.admin.flushall();
    expect(await delivery.receipt(author.ref, 'm-t1')).toMatchObject({ status: 'accepted' });
    expect(log.calls['rebuild']).toBeUndefined();
  });

  test('of much text gets the newest that fits', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 12; turn += 1) await author.message(`t${turn}`, 'x'.repeat(32_000));
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    expect(client.view.truncated).toBe(true);
    expect(client.view.entries).toHaveLength(Math.floor(LIMITS.snapshotChars / 32_000));
    expect(client.view.entries.at(-1)).toMatchObject({ messageId: 'm-t12' });
  });
});

describe('a resume', () => {
  test('on another gateway brings each missed event once, then the text that the cursor lacks in one piece', async () => {
    const author = await rig.author();
    const [one, two] = [await rig.gateway(author), await rig.gateway(author)];
    const client = new Client(author.ref);
    await client.subscribe(one.delivery);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'one ');
    await eventually('a first word', () => client.texts[0] === 'one ');
    client.leave();
    for (const word of ['two ', 'three']) await author.say('t1.1', word);
    client.deltas = [];
    expect(await client.subscribe(two.delivery)).toMatchObject({ mode: 'resume', position: { seq: 4 } });
    expect(client.deltas).toMatchObject([{ offset: 4, text: 'two three' }]);
    client.leave();
    await author.complete('t1.1');
    await author.turn('t2', 'again');
    await eventually('gateway one has heard', async () => {
      return (await one.delivery.snapshot(author.ref)).position.seq === 10;
    });
    expect(await client.subscribe(one.delivery)).toMatchObject({ mode: 'resume', position: { seq: 10 } });
    expect(client.events.map((event) => event.seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(client.texts).toEqual(['one two three', 'again']);
    expect(client.faults).toEqual([]);
  });

  test('with text of a superseded attempt gets the whole text of the new one', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'wrong words');
    await eventually('the wrong words', () => client.texts[0] === 'wrong words');
    client.leave();
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'right');
    client.deltas = [];
    expect(await client.subscribe(delivery)).toMatchObject({ mode: 'resume' });
    await eventually('the right words', () => client.texts[0] === 'right');
    expect(client.deltas).toMatchObject([{ attempt: 2, offset: 0, text: 'right' }]);
    expect(client.faults).toEqual([]);
  });

  test('without a word about running steps (as SSE does) gets their whole text', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    await author.message('t1');
    await author.begin('t1', 't1.1');
    await author.say('t1.1', 'all of it');
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    const { epoch, seq } = client.view.position;
    expect(await client.subscribe(delivery, { epoch, seq })).toMatchObject({ mode: 'resume' });
    expect(client.deltas).toMatchObject([{ offset: 0, text: 'all of it' }]);
  });

  test('is a snapshot for a cursor of another epoch, or from before what is kept, or from beyond the end', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 52; turn += 1) await author.turn(`t${turn}`, 'x');
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    const { epoch, seq } = client.view.position;
    const mode = async (cursor: { epoch: number; seq: number }): Promise<string> =>
      (await new Client(author.ref).subscribe(delivery, cursor)).mode;
    expect(await mode({ epoch, seq: seq - LIMITS.ringEvents })).toBe('resume');
    expect(await mode({ epoch, seq: seq - LIMITS.ringEvents - 1 })).toBe('snapshot');
    expect(await mode({ epoch: epoch - 1, seq })).toBe('snapshot');
    expect(await mode({ epoch: epoch + 1, seq })).toBe('snapshot');
    expect(await mode({ epoch, seq: seq + 1 })).toBe('snapshot');
    expect(await mode({ epoch, seq: 0 })).toBe('snapshot');
  });

  test('from a faster gateway waits until this one knows as much', async () => {
    const author = await rig.author();
    const [fast, slow] = [await rig.gateway(author), await rig.gateway(author)];
    const [client, other] = [new Client(author.ref), new Client(author.ref)];
    await client.subscribe(fast.delivery);
    await other.subscribe(slow.delivery);
    slow.log.deaf = true;
    await author.turn('t1', 'Hi');
    await eventually('the fast one has told it', () => client.seq === 6);
    expect(other.seq).toBe(1);
    expect(await client.subscribe(slow.delivery)).toMatchObject({ mode: 'resume', position: { seq: 6 } });
    expect(other.events.map((event) => event.seq)).toEqual([2, 3, 4, 5, 6]);
    expect([...client.faults, ...other.faults]).toEqual([]);
  });
});

describe('a watcher', () => {
  test('that does not read is sent away, and the others are not', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const [slow, good] = [new Client(author.ref), new Client(author.ref)];
    await Promise.all([slow.subscribe(delivery), good.subscribe(delivery)]);
    slow.waiting = { bytes: 0, packets: LIMITS.socketPackets + 1 };
    await author.turn('t1', 'Hi');
    await eventually('the other one has it all', () => good.seq === 6);
    expect(slow.ended).toBe('slow_consumer');
    expect(slow.seq).toBe(2);
    slow.waiting = { bytes: 0, packets: 0 };
    expect(await slow.subscribe(delivery)).toMatchObject({ mode: 'resume', position: { seq: 6 } });
    expect(slow.faults).toEqual([]);
    slow.waiting = { bytes: LIMITS.socketBytes + 1, packets: 0 };
    await author.message('t2');
    await eventually('it is sent away for its bytes', () => slow.ended === 'slow_consumer');
  });

  test('that left hears nothing more; one that stays misses nothing', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    const [gone, here] = [new Client(author.ref), new Client(author.ref)];
    await Promise.all([gone.subscribe(delivery), here.subscribe(delivery)]);
    gone.leave();
    await author.append({
      id: eventId.sessionClosed(),
      type: 'session.closed',
      at: 9,
      data: { reason: 'x' },
    });
    await eventually('it is closed', () => here.view.status === 'closed');
    expect(gone.seq).toBe(1);
  });

  test('costs no call to Redis for what it is told', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    const before = { ...log.calls };
    await author.turn('t1', ...Array.from({ length: 200 }, (_, index) => `w${index} `));
    await eventually('the turn is here', () => client.view.turns[0]?.status === 'completed');
    expect(client.deltas).toHaveLength(200);
    const { heads, ...reads } = log.calls;
    expect(reads).toEqual(before);
    expect(heads ?? 0).toBeLessThanOrEqual(2); // the periodic comparison
  });
});
