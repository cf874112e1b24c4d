/** A log that was lost in the middle of a turn: what the turn has made durable is in it, in its place, and its step is still open. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { eventId, LIMITS, START, type EventDraft, type KnownEvents } from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog, recoverLog } from '../../src/log/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';
import { merge } from '../../src/log/assemble.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import {
  AT,
  beginning,
  CANCEL,
  completed,
  INFO,
  message,
  of,
  stepStarted,
  TURN,
  turnCancelled,
} from './drafts.ts';

const REF = { tenant: 'acme', session: 'one' };

function turnStarted(turn = TURN): EventDraft {
  return { id: eventId.turnStarted(turn), type: 'turn.started', at: AT, turn, data: { messageIds: [] } };
}
const later = (id: string): EventDraft => ({ ...message(id), turn: 't2' });
const ids = (drafts: readonly EventDraft[]): readonly string[] => drafts.map(({ id }) => id);

describe('what has no position', () => {
  const running = [stepStarted(), completed('said'), stepStarted('t1.2')];

  test('of a running turn stands after its start and before what came later', () => {
    const pending = [message('m1'), turnStarted(), later('m2'), later('m3')];
    expect(merge(pending, running)).toEqual([
      ...[message('m1'), turnStarted(), ...running, later('m2'), later('m3')],
    ]);
  });

  test('stands first if the start of the turn has its position, and before the end of the turn', () => {
    expect(merge([later('m2')], running)).toEqual([...running, later('m2')]);
    expect(merge([later('m2'), turnCancelled()], running)).toEqual([
      ...running,
      later('m2'),
      turnCancelled(),
    ]);
  });

  test('is there once, where it waits, and nothing is left out', () => {
    const pending = [turnStarted(), stepStarted(), later('m2')];
    expect(ids(merge(pending, [turnStarted(), ...running, ...running]))).toEqual([
      ...ids([turnStarted(), ...running, later('m2')]),
    ]);
    expect(merge(pending)).toEqual(pending);
    const draft = fc
      .record({ id: fc.nat(12), turn: fc.nat(2) })
      .map(({ id, turn }): EventDraft => ({ ...message(String(id)), turn: `t${turn}` }));
    const drafts = fc.uniqueArray(draft, { selector: ({ id }) => id });
    fc.assert(
      fc.property(drafts, drafts, (waiting, made) => {
        const line = ids(merge(waiting, made));
        expect(new Set(line)).toEqual(new Set([...ids(waiting), ...ids(made)]));
        expect(line).toHaveLength(new Set(line).size);
        expect(line.filter((id) => ids(waiting).includes(id))).toEqual(ids(waiting));
      }),
    );
  });
});

describe('a log that was lost in the middle of a turn', () => {
  let server: TestRedis;
  let log: SessionLog;
  let close: () => void;
  beforeAll(async () => {
    server = await startRedis();
    const redis = connectRedis(server.url, () => undefined);
    await redis.connect();
    log = createRedisLog({ commands: redis, subscriber: redis });
    close = () => redis.disconnect();
  });
  afterAll(async () => {
    close();
    await server.stop();
  });

  function source(known: Partial<KnownEvents>): SessionSource {
    const nothing = { info: INFO, known: START, archivedTo: 0, events: [], pending: [] };
    return {
      known: async () => ({ ...nothing, ...known }),
      archived: async () => [],
      session: async () => null,
    };
  }

  test('holds what the turn has said; its open step ends with the turn, and nothing is appended twice', async () => {
    const running = [turnStarted(), stepStarted(), completed('said'), stepStarted('t1.2')];
    const held = { events: [{ ...message('m1'), seq: 1 }], pending: [later('m2')], running };
    const known = await recoverLog(log, source(held), REF, START);
    const { events = [] } = (await log.read(REF, { after: 0, limit: 99 })) ?? {};
    expect(ids(events)).toEqual(ids([message('m1'), ...running, later('m2')]));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    // The activity that was running goes on, or its worker is lost and the turn is ended.
    const step = { turn: TURN, step: 't1.2', lead: [turnStarted(), stepStarted('t1.2')] };
    const begun = of('begun', await log.begin(REF, beginning(known, { ...step, atLeast: 1 })));
    expect(begun).toMatchObject({ attempt: 1, restarted: null, position: { seq: 6 } });
    const closes = { turn: TURN, end: CANCEL };
    const end = of('ok', await log.append(REF, { known, drafts: [turnCancelled()], closes }));
    expect(end.events).toMatchObject([{ id: eventId.stepEnded('t1.2'), seq: 7 }, { seq: 8 }]);
  });

  test('knows its open step also when the start of it does not fit any more', async () => {
    const ref = { ...REF, session: 'two' };
    const text = 'x'.repeat(LIMITS.logBytes / 4);
    const events = [1, 2, 3, 4, 5, 6].map((n) => ({ ...completed(text, `t1.${n + 1}`), seq: n + 2 }));
    const held = { events: [{ ...stepStarted(), seq: 2 }, ...events], archivedTo: 1 };
    const known = await recoverLog(log, source(held), ref, START);
    expect((await log.read(ref, { after: 0, limit: 99 }))?.first).toBeGreaterThan(2);
    const closes = { turn: TURN, end: CANCEL };
    const end = of('ok', await log.append(ref, { known, drafts: [turnCancelled()], closes }));
    expect(end.events).toMatchObject([{ id: stepStarted().id.replace('start', 'end'), seq: 9 }, { seq: 10 }]);
  });
});
