/** The channel of a turn's journal. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Heartbeat } from '../../../activities/turn/heartbeat.ts';
import type { TurnStopped } from '../../../activities/turn/stops.ts';
import type { TurnProgress } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { Channel } from '../support.ts';

const NEVER_MS = 60_000;

let running: Heartbeat<TurnProgress>[] = [];

afterEach(async () => {
  await Promise.all(running.map((heartbeat) => heartbeat.end()));
  running = [];
});

/** A heartbeat whose details are a number: how far the turn has got. */
function scene(everyMs = NEVER_MS) {
  const channel = new Channel();
  const stops: TurnStopped[] = [];
  const state = { progressAt: 0 };
  const heartbeat = new Heartbeat<TurnProgress>({
    send: channel.send,
    details: () => ({ entries: [], open: {}, facts: [], progressAt: state.progressAt }),
    everyMs,
    stop: (why) => stops.push(why),
  });
  running.push(heartbeat);
  const sent = (): number[] => channel.sent.map(({ progressAt }) => progressAt);
  return { channel, stops, state, heartbeat, sent };
}

/** Whether it has settled, without waiting for it. */
function watch(promise: Promise<void>): { settled: boolean } {
  const watched = { settled: false };
  const note = (): void => {
    watched.settled = true;
  };
  promise.then(note, note);
  return watched;
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('to persist', () => {
  test('sends the details as they are now, and resolves once the server has them', async () => {
    const { channel, heartbeat, state, sent } = scene();
    state.progressAt = 1;
    channel.hang('all');
    const persisted = watch(heartbeat.persist());
    await macrotask();
    expect([sent(), persisted.settled]).toEqual([[1], false]);
    channel.release();
    await eventually('it is persisted', () => persisted.settled);
    expect(channel.recorded.map(({ progressAt }) => progressAt)).toEqual([1]);
  });

  test('is serial: what comes while a heartbeat is under way goes with the next, together', async () => {
    const { channel, heartbeat, state, sent } = scene();
    channel.hang('all');
    state.progressAt = 1;
    const first = watch(heartbeat.persist());
    state.progressAt = 2;
    const second = watch(heartbeat.persist());
    state.progressAt = 3;
    const third = heartbeat.persist();
    await macrotask();
    expect(sent()).toEqual([1]);
    channel.release();
    await third;
    expect([first.settled, second.settled]).toEqual([true, true]);
    expect(sent()).toEqual([1, 3]);
  });

  test('is not answered by a heartbeat that was sent before', async () => {
    const { channel, heartbeat, state } = scene();
    channel.hang('all');
    const first = heartbeat.persist();
    state.progressAt = 2;
    const second = watch(heartbeat.persist());
    const before = channel.sent.length;
    channel.release();
    channel.hang('all');
    await first;
    await macrotask();
    expect(before).toBe(1);
    expect(second.settled).toBe(false);
    channel.release();
    await eventually('the second is persisted', () => second.settled);
  });

  test('is not forgotten if it comes right after another', async () => {
    // However many turns of the microtask queue lie between.
    for (let turns = 0; turns < 12; turns += 1) {
      const { heartbeat, sent } = scene();
      let next: Promise<unknown> = heartbeat.persist();
      for (let n = 0; n < turns; n += 1) next = next.then(() => undefined);
      await next.then(() => heartbeat.persist());
      expect(sent()).toHaveLength(2);
    }
  });

  test('waits while the server is away, and sends what is then the newest', async () => {
    const { channel, heartbeat, state, sent } = scene();
    channel.away = true;
    state.progressAt = 1;
    const persisted = watch(heartbeat.persist());
    await eventually('it was tried again', () => sent().length >= 3);
    expect(persisted.settled).toBe(false);
    state.progressAt = 2;
    channel.away = false;
    await eventually('it is persisted', () => persisted.settled);
    expect(channel.recorded.map(({ progressAt }) => progressAt)).toEqual([2]);
  });

  test('that the server has no use for is refused, and so is everything after it', async () => {
    const { channel, heartbeat, stops, sent } = scene();
    channel.answer = 'gone';
    await expect(heartbeat.persist()).rejects.toMatchObject({ kind: 'superseded' });
    await expect(heartbeat.persist()).rejects.toMatchObject({ kind: 'superseded' });
    expect(stops.map(({ kind }) => kind)).toEqual(['superseded']);
    expect(sent()).toHaveLength(1);
  });

  test('is done although the turn is cancelled: the server has it', async () => {
    const { channel, heartbeat, stops } = scene();
    channel.answer = 'cancelled';
    await heartbeat.persist();
    expect(stops.map(({ kind }) => kind)).toEqual(['cancelled']);
    expect(channel.recorded).toHaveLength(1);
  });
});

describe('a sign of life', () => {
  test('is given every so many ms, one at a time', async () => {
    const { channel, sent } = scene(5);
    await eventually('it beats', () => sent().length >= 3);
    channel.hang('all');
    await eventually('one is under way', () => channel.sent.length > channel.recorded.length);
    const count = sent().length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent()).toHaveLength(count);
    channel.release();
    await eventually('it goes on', () => sent().length > count);
  });

  test('tells of a cancel, and of another attempt', async () => {
    const { channel, stops, sent } = scene(5);
    channel.answer = 'cancelled';
    await eventually('it is cancelled', () => stops.length > 0);
    expect(stops[0]).toMatchObject({ kind: 'cancelled' });
    channel.answer = 'gone';
    await eventually('it is superseded', () => stops.at(-1)?.kind === 'superseded');
    const count = sent().length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent()).toHaveLength(count);
  });
});

describe('the end', () => {
  test('waits for the heartbeat that is under way; none follows', async () => {
    const { channel, heartbeat, sent } = scene(5);
    channel.hang('all');
    const first = watch(heartbeat.persist());
    const second = heartbeat.persist();
    await macrotask();
    const ended = watch(heartbeat.end());
    await macrotask();
    expect(ended.settled).toBe(false);
    channel.release();
    // The server has the first; nobody will ever send the second.
    await expect(second).rejects.toMatchObject({ kind: 'superseded' });
    await eventually('it has ended', () => ended.settled);
    expect(first.settled).toBe(true);
    const count = sent().length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent()).toHaveLength(count);
    await expect(heartbeat.persist()).rejects.toMatchObject({ kind: 'superseded' });
  });

  test('does not wait for a server that is away', async () => {
    const { channel, heartbeat } = scene();
    channel.away = true;
    const persisted = heartbeat.persist();
    await eventually('it was tried', () => channel.sent.length > 1);
    const refused = expect(persisted).rejects.toMatchObject({ kind: 'superseded' });
    await heartbeat.end();
    await refused;
  });
});
