/** How a lost log is built anew from the archive and the workflow. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  ConvokeError,
  eventId,
  LIMITS,
  START,
  type EventDraft,
  type KnownEvents,
  type LoggedEvent,
  type Position,
  type SessionRef,
} from '../../src/contracts/index.ts';
import { assemble, connectRedis, createRedisLog, recoverLog } from '../../src/log/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { all, AT, create, INFO, logged, message, of } from './drafts.ts';

const gap = (seq: number, at: number): LoggedEvent => ({
  ...{ id: eventId.gap(seq), type: 'session.recovered', at, data: {} },
  seq,
});
const at = (seq: number, id: string): LoggedEvent => ({ ...message(id), seq });
const brief = (events: readonly LoggedEvent[]): string[] => events.map(({ id, seq }) => `${seq} ${id}`);

describe('assemble', () => {
  test('keeps positions, fills holes, whatever the order', () => {
    expect(assemble(2, [at(6, 'c'), at(3, 'a'), at(4, 'b')])).toEqual([
      at(3, 'a'),
      at(4, 'b'),
      gap(5, AT),
      at(6, 'c'),
    ]);
    expect(assemble(0, [at(3, 'a')])).toEqual([gap(1, 0), gap(2, 0), at(3, 'a')]);
    expect(assemble(7, [])).toEqual([]);
  });

  test('leaves out what is in the archive, and repeats of an id', () => {
    expect(assemble(2, [at(1, 'old'), at(2, 'older'), at(3, 'a'), at(4, 'a'), at(4, 'b')])).toEqual([
      at(3, 'a'),
      at(4, 'b'),
    ]);
  });

  test('of two events that claim one position, the second goes to the end', () => {
    expect(brief(assemble(0, [at(1, 'a'), at(2, 'b'), at(2, 'c'), at(3, 'd')]))).toEqual([
      '1 message:a',
      '2 message:b',
      '3 message:d',
      '4 message:c',
    ]);
  });

  test('drafts without a position follow, once each, unless an event of their id is there', () => {
    const pending = [message('b'), message('a'), message('c'), message('c')];
    expect(brief(assemble(0, [at(1, 'a'), at(1, 'x')], pending))).toEqual([
      '1 message:a',
      '2 message:x',
      '3 message:b',
      '4 message:c',
    ]);
  });

  test('is one contiguous run with each id once and every fact, whatever it is given', () => {
    const event = fc.record({ seq: fc.integer({ min: 1, max: 30 }), id: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.nat(10), fc.array(event), fc.array(fc.nat(25)), (base, claims, drafts) => {
        const known = claims.map(({ seq, id }) => at(seq, String(id)));
        const pending = drafts.map((id) => message(String(id)));
        const events = assemble(base, known, pending);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => base + index + 1));
        const ids = events.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const due = [...known.filter(({ seq }) => seq > base), ...pending].map(({ id }) => id);
        expect(due.filter((id) => !ids.includes(id))).toEqual([]);
      }),
    );
  });
});

describe('recoverLog', () => {
  let server: TestRedis;
  let log: SessionLog;
  let close: () => void;
  let sessions = 0;
  const fresh = (): SessionRef => ({ tenant: 'acme', session: `r${++sessions}` });

  beforeAll(async () => {
    server = await startRedis();
    const [commands, subscriber] = [
      connectRedis(server.url, () => undefined),
      connectRedis(server.url, () => undefined),
    ];
    await commands.connect();
    log = createRedisLog({ commands, subscriber });
    close = () => commands.disconnect();
  });
  afterAll(async () => {
    close();
    await server.stop();
  });

  interface Held {
    readonly archive?: readonly LoggedEvent[];
    readonly archivedTo?: number;
    readonly events?: readonly LoggedEvent[];
    readonly pending?: readonly EventDraft[];
    readonly known?: Position;
    readonly running?: readonly EventDraft[];
  }
  function source({
    archive = [],
    archivedTo = 0,
    events = [],
    pending = [],
    known = START,
    running = [],
  }: Held): SessionSource {
    const held: KnownEvents = { info: INFO, known, archivedTo, events, running, pending };
    return {
      known: async () => held,
      archived: async (_ref, upTo, limit) => archive.filter(({ seq }) => seq <= upTo).slice(-limit),
      session: async () => null,
    };
  }
  const slice = async (ref: SessionRef) => (await log.read(ref, { after: 0, limit: 10_000 }))!;

  test('a session that the workflow does not know is not found', async () => {
    const none: SessionSource = {
      known: async () => null,
      archived: async () => [],
      session: async () => null,
    };
    await expect(recoverLog(log, none, fresh(), START)).rejects.toMatchObject({ code: 'session_not_found' });
  });

  test('the log is the archive, what the workflow holds, and what is on its way, with every position as it was', async () => {
    const ref = fresh();
    const held = {
      archive: logged(1, 4),
      archivedTo: 4,
      events: [at(5, 'm5'), at(7, 'm7')],
      pending: [message('p')],
    };
    const position = await recoverLog(log, source(held), ref, START);
    expect(position.seq).toBe(8);
    expect(position.epoch).toBeGreaterThan(AT);
    const { events, info, first } = await slice(ref);
    expect({ info, first }).toEqual({ info: INFO, first: 1 });
    expect(events).toEqual([...logged(1, 5), gap(6, AT), at(7, 'm7'), at(8, 'p')]);
  });

  test('the new epoch is after every epoch that the caller or the workflow has seen', async () => {
    const future = Date.now() + 10_000_000;
    const seen = { epoch: future, seq: 3 };
    expect((await recoverLog(log, source({}), fresh(), seen)).epoch).toBeGreaterThan(future);
    expect((await recoverLog(log, source({ known: seen }), fresh(), START)).epoch).toBeGreaterThan(future);
  });

  test('many who recover at once get one epoch, and none undoes what was appended to it', async () => {
    const ref = fresh();
    const seen = { epoch: 1, seq: 2 };
    const recover = () => recoverLog(log, source({ events: logged(1, 2) }), ref, seen);
    const positions = await Promise.all(Array.from({ length: 10 }, recover));
    expect(new Set(positions.map(({ epoch, seq }) => `${epoch}:${seq}`)).size).toBe(1);
    of('ok', await log.append(ref, { known: positions[0]!, drafts: [message('new')] }));
    expect(await recover()).toEqual({ epoch: positions[0]!.epoch, seq: 3 });
    expect(await all(log, ref)).toHaveLength(3);
  });

  test('a log that has gone on since is left alone', async () => {
    const ref = fresh();
    const seen = await create(log, ref);
    const { position } = of('ok', await log.append(ref, { known: seen, drafts: [message('a')] }));
    expect(await recoverLog(log, source({}), ref, seen)).toEqual(position);
  });

  test('an archive that has lost its newest events leaves gaps, not a log with a hole', async () => {
    const ref = fresh();
    const held = { archive: logged(2, 4), archivedTo: 7, events: [at(8, 'm8')] };
    expect((await recoverLog(log, source(held), ref, START)).seq).toBe(8);
    const { events, first } = await slice(ref);
    expect(first).toBe(2);
    expect(events).toEqual([...logged(2, 4), gap(5, AT), gap(6, AT), gap(7, AT), at(8, 'm8')]);
  });

  test('no position that was in the archive is given again, also when the archive has lost everything', async () => {
    const ref = fresh();
    expect((await recoverLog(log, source({ archivedTo: 7 }), ref, START)).seq).toBe(7);
    expect((await slice(ref)).events).toEqual([gap(7, 0)]);
    const known = (await slice(ref)).position;
    const reply = of('ok', await log.append(ref, { known, drafts: [message('next')] }));
    expect(reply.placed).toMatchObject([{ seq: 8 }]);
  });

  test('an archive that is away is waited for by the caller; a session that never was archived does not need it', async () => {
    const [archived, young] = [fresh(), fresh()];
    const away = async (): Promise<never> => {
      throw new ConvokeError('archive_unavailable');
    };
    const held = { archivedTo: 4, events: [at(5, 'm5')] };
    await expect(recoverLog(log, { ...source(held), archived: away }, archived, START)).rejects.toMatchObject(
      { code: 'archive_unavailable' },
    );
    expect(await log.read(archived, { limit: 1 })).toBeNull();
    const lived = { ...source({ events: logged(1, 2) }), archived: away };
    expect((await recoverLog(log, lived, young, START)).seq).toBe(2);
  });

  test('a session that only the archive knows is closed, with what it said and every position as it was', async () => {
    const [open, closed] = [fresh(), fresh()];
    const forgotten = (archive: readonly LoggedEvent[]): SessionSource => ({
      ...source({ archive }),
      known: async () => null,
      session: async () => ({ info: INFO, lastSeq: archive.length }),
    });
    const end: LoggedEvent = {
      ...{ id: eventId.sessionClosed(), type: 'session.closed', at: AT, data: { reason: 'requested' } },
      seq: 5,
    };
    await recoverLog(log, forgotten([...logged(1, 4), end]), closed, START);
    expect((await slice(closed)).events).toEqual([...logged(1, 4), end]);
    // It was terminated from outside.
    await recoverLog(log, forgotten(logged(1, 4)), open, START);
    expect((await slice(open)).events).toEqual([
      ...logged(1, 4),
      { ...end, at: INFO.createdAt, data: { reason: 'forgotten' } },
    ]);
  });

  test('an event that is in the archive and with the workflow is there once', async () => {
    const ref = fresh();
    const held = {
      archive: logged(1, 3),
      archivedTo: 3,
      events: [at(4, 'm4')],
      pending: [message('m2'), message('m5')],
    };
    await recoverLog(log, source(held), ref, START);
    expect((await slice(ref)).events).toEqual(logged(1, 5));
  });

  test('of more than a log keeps, the newest are there; the newest always', async () => {
    const [many, big] = [fresh(), fresh()];
    const text = 'x'.repeat(LIMITS.logBytes / 8);
    const events = Array.from({ length: 20 }, (_, index) => ({
      ...message(`m${index}`, text),
      seq: index + 1,
    }));
    expect((await recoverLog(log, source({ events }), many, START)).seq).toBe(20);
    const kept = await slice(many);
    expect(Buffer.byteLength(JSON.stringify(kept.events))).toBeLessThanOrEqual(LIMITS.logBytes);
    expect(kept.events.map(({ seq }) => seq)).toEqual([14, 15, 16, 17, 18, 19, 20]);
    const huge = [{ ...message('huge', text.repeat(9)), seq: 5 }];
    expect((await recoverLog(log, source({ archivedTo: 4, events: huge }), big, START)).seq).toBe(5);
    expect((await slice(big)).events.map(({ seq }) => seq)).toEqual([5]);
  });
});
