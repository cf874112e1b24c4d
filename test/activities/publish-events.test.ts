/** Publishing to a log that is lost, or that has lost its tail: the transcript keeps its order, and nothing is said twice. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type {
  KnownEvents,
  LoggedEvent,
  Position,
  PublishInput,
  Report,
  SessionRef,
} from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog } from '../../src/log/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';
import { publishEvents } from '../../activities/publish-events.ts';
import { INFO, logged as logEvents, message } from '../log/drafts.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;
let redis: Redis;
let real: SessionLog;
let sessions = 0;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, () => undefined);
  await redis.connect();
  real = createRedisLog({ commands: redis, subscriber: redis });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** 900,000 characters in 30 events, more bytes than a log keeps. */
const LONG: readonly LoggedEvent[] = Array.from({ length: 30 }, (_, index) => ({
  ...message(`m${index + 1}`, '語'.repeat(30_000)),
  seq: index + 1,
}));

const places = (events: readonly LoggedEvent[]): string[] => events.map(({ id, seq }) => `${seq} ${id}`);
const logged = async (ref: SessionRef): Promise<readonly LoggedEvent[]> =>
  (await real.read(ref, { after: 0, limit: 100 }))?.events ?? [];

/** A session whose workflow holds these events, as of an epoch that is long gone. */
function scene(events = LONG) {
  sessions += 1;
  const ref: SessionRef = { tenant: 'acme', session: `s${sessions}` };
  const known: Position = { epoch: 7, seq: events.length };
  const held: KnownEvents = { info: INFO, known, archivedTo: 0, events, pending: [] };
  const source: SessionSource = {
    known: async () => held,
    archived: async () => [],
    session: async () => null,
  };
  const input: PublishInput = { ...ref, known, drafts: [message('new')], reconcile: true, release: [] };
  const forgotten: string[] = [];
  const places = { forget: ({ turn }: { readonly turn: string }) => void forgotten.push(turn) };
  const publish = (log: SessionLog, change: Partial<PublishInput> = {}): Promise<Report> => {
    const access = { log, source, patient: true, places };
    return publishEvents(access, { ...input, ...change }, new AbortController().signal);
  };
  return { ref, known, publish, forgotten };
}

/** The log, which is lost whenever `fault` says so: before that call. */
function losing(fault: (call: 'heads' | 'read' | 'append', nth: number) => boolean): SessionLog {
  const made = { heads: 0, read: 0, append: 0 };
  const first = async (call: keyof typeof made): Promise<void> => {
    made[call] += 1;
    if (fault(call, made[call])) await redis.flushall();
  };
  const log = real;
  return {
    admit: (...args) => log.admit(...args),
    ...{ release: (...args) => log.release(...args), placeOf: (...args) => log.placeOf(...args) },
    begin: (...args) => log.begin(...args),
    delta: (...args) => log.delta(...args),
    commit: (...args) => log.commit(...args),
    append: async (...args) => first('append').then(() => log.append(...args)),
    read: async (...args) => first('read').then(() => log.read(...args)),
    rebuild: (...args) => log.rebuild(...args),
    heads: async (...args) => first('heads').then(() => log.heads(...args)),
    tell: (...args) => log.tell(...args),
    subscribe: (...args) => log.subscribe(...args),
  };
}

test.each([
  ['before it looks', 'heads'],
  ['before it reads', 'read'],
  ['after it has read', 'append'],
] as const)('a reconciling publish that finds the log gone (%s) keeps the order', async (_, when) => {
  const { ref, publish } = scene();
  await real.rebuild(ref, { expected: null, epoch: 8, info: INFO, events: LONG });
  const log = losing((call, nth) => call === when && nth === 1);
  const report = await publish(log);
  const events = await logged(ref);
  expect(places(events)).toEqual([
    ...places(LONG.slice(events[0]!.seq - 1)),
    `${LONG.length + 1} ${message('new').id}`,
  ]);
  expect(events.length).toBeGreaterThan(5);
  expect(report.position.seq).toBe(31);
  expect(report.placed.at(-1)).toEqual({ id: message('new').id, seq: 31 });
});

test('a log that is behind the workflow is rebuilt before it is compared with what the workflow holds', async () => {
  const { ref, known, publish } = scene();
  const short = LONG.slice(0, 3);
  await real.rebuild(ref, { expected: null, epoch: known.epoch, info: INFO, events: short });
  const report = await publish(real);
  expect(report.position.epoch).toBeGreaterThan(known.epoch);
  expect(report.position.seq).toBe(31);
});

test('to a log of another life it brings what that life lacks', async () => {
  const held = logEvents(1, 4);
  const { ref, publish } = scene(held);
  await real.rebuild(ref, { expected: null, epoch: 8, info: INFO, events: held.slice(0, 2) });
  await publish(real, { reconcile: false });
  expect(places(await logged(ref))).toEqual([...places(held), `5 ${message('new').id}`]);
});

test('a turn that ends with it waits for no place any more', async () => {
  const held = logEvents(1, 4);
  const { ref, known, publish, forgotten } = scene(held);
  await real.rebuild(ref, { expected: null, epoch: known.epoch, info: INFO, events: held });
  const end = { at: 1, turn: 't9', type: 'turn.cancelled', data: { reason: 'asked' } } as const;
  await publish(real, { reconcile: false, drafts: [message('new'), { ...end, id: 'turn:t9:end' }] });
  expect(forgotten).toEqual(['t9']);
});
