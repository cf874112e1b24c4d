/** An accepted message is seen by the agents that answer it, whatever was lost: on a real log and a real archive. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSqliteArchive, type Archive } from '../../../src/archive/index.ts';
import { LIMITS } from '../../../src/contracts/index.ts';
import { Conversations } from '../../../activities/conversation/index.ts';
import type { Utterance } from '../../../activities/agents/runner.ts';
import { connectRedis, createRedisLog, type SessionLog } from '../../../src/log/index.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { Engine } from './engine.ts';

let redis: TestRedis;
let connections: readonly ReturnType<typeof connectRedis>[];
let log: SessionLog;
let archive: Archive;
let engine: Engine;
let worker: Conversations;

beforeAll(async () => {
  redis = await startRedis();
  const [commands, subscriber] = [
    connectRedis(redis.url, () => undefined),
    connectRedis(redis.url, () => undefined),
  ];
  connections = [commands, subscriber];
  await Promise.all(connections.map((connection) => connection.connect()));
  log = createRedisLog({ commands, subscriber });
  archive = await createSqliteArchive(':memory:');
});
beforeEach(() => {
  engine = new Engine(log, archive);
  worker = newWorker();
});
afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await archive.close();
  await redis.stop();
});

const loseLog = (): Promise<unknown> => connections[0]!.flushall();
const newWorker = (): Conversations => new Conversations(engine.access);

const pinned = (shown: readonly Utterance[]): string[] =>
  shown.flatMap((each) => (each.pinned ? [each.text] : []));

/** A turn in which each agent says `text`; answers what each was shown. */
async function turn(id: string, agents: number, text = 'well'): Promise<(readonly Utterance[])[]> {
  const shown: (readonly Utterance[])[] = [];
  engine.start(id);
  for (let agent = 1; agent <= agents; agent += 1)
    shown.push(await engine.step(worker, id, `${id}.${agent} ${text}`));
  engine.end(id);
  return shown;
}

/** More than the log holds. */
const LONG = 'x'.repeat(LIMITS.stepChars - 10);
const TOO_MANY = Math.ceil(LIMITS.logBytes / LIMITS.stepChars) + 1;

test('16 agents, 40 messages at once, and the log is lost after turn 20', async () => {
  for (let n = 1; n <= 40; n += 1) engine.accept(`t${n}`, `question ${n}`);
  for (let n = 1; n <= 40; n += 1) {
    const shown = await turn(`t${n}`, 16);
    expect(shown.map(pinned)).toEqual(Array.from({ length: 16 }, () => [`question ${n}`]));
    expect(shown[15]!.at(-1)).toMatchObject({ role: 'agent', text: `t${n}.15 well` });
    if (n % 5 === 0) await engine.archive();
    if (n === 20) await loseLog();
  }
});

describe('more is said than the log holds while a message waits', () => {
  test.each(['the workflow', 'the archive'])('another worker finds it with %s', async (where) => {
    engine.accept('t1', 'question 1');
    engine.accept('t2', 'question 2');
    await turn('t1', TOO_MANY, LONG);
    if (where === 'the archive') await engine.archive();
    expect(await engine.first()).toBeGreaterThan(3);
    worker = newWorker();
    const [shown] = await turn('t2', 1);
    expect(pinned(shown!)).toEqual(['question 2']);
  });
});

test('a step is shown the same before and after the log is lost', async () => {
  for (let n = 1; n <= 299; n += 1) {
    engine.accept(`t${n}`, `question ${n}`);
    await turn(`t${n}`, 1);
    if (n % 50 === 0) await engine.archive();
  }
  engine.accept('t300', 'question 300');
  engine.start('t300');
  const before = await engine.step(worker, 't300', 'answer');
  expect(before).toHaveLength(599);
  await loseLog();
  const after = await engine.step(worker, 't300', 'answer');
  expect(after.slice(0, 599)).toEqual(before);
  expect(after.slice(599)).toEqual([{ role: 'agent', name: 'a', text: 'answer' }]);
});

test('a worker comes back to a log that has dropped what it had not read', async () => {
  engine.budgetChars = 2 * LIMITS.logBytes;
  engine.accept('t1', 'question 1');
  await turn('t1', 1);
  const [here, elsewhere] = [worker, newWorker()];
  worker = elsewhere;
  engine.accept('t2', 'question 2');
  await turn('t2', TOO_MANY, LONG);
  expect(here.position(engine.ref).seq + 1).toBeLessThan(await engine.first());
  worker = here;
  engine.accept('t3', 'question 3');
  const [shown] = await turn('t3', 1);
  expect(shown).toHaveLength(2 + 1 + TOO_MANY + 1);
});
