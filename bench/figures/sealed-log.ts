/** What it costs that the log in Redis is sealed: a log with keys beside one without, called by one process. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createSqliteArchive } from '../../src/archive/index.ts';
import { eventId, START, type EventDraft, type SessionRef } from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog, type SessionLog } from '../../src/log/index.ts';
import { Keyring } from '../../src/seal/index.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** Of a message, and of a piece of what a step says. */
const CHARS = { message: 200, piece: 4 } as const;
const STEP = 't1.1';

interface Cost {
  /** CPU of this process for each event that is appended and read once, and for each piece, µs. */
  readonly eventUs: number;
  readonly pieceUs: number;
  /** CPU of Redis for each piece, µs. */
  readonly redisUs: number;
  /** In Redis, for each event and for each piece. */
  readonly eventBytes: number;
  readonly pieceBytes: number;
}

const draft = (name: string): EventDraft => ({
  ...{ id: eventId.message(name), type: 'message.accepted', at: Date.now(), turn: 't1' },
  data: { messageId: name, parts: [{ type: 'text', text: 'x'.repeat(CHARS.message) }], queued: false },
});

const opening = (): EventDraft => ({
  ...{ id: eventId.sessionCreated(), type: 'session.created', at: Date.now() },
  data: { team: { name: 'sequence' }, agents: [], metadata: {} },
});

/** Its CPU, µs. */
async function redisUs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const of = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
  return (of('used_cpu_user') + of('used_cpu_sys')) * 1_000_000;
}

/** As a worker does: from where the log says. */
async function speak(log: SessionLog, ref: SessionRef, count: number): Promise<void> {
  let said = '';
  for (let index = 0; index < count; index += 1) {
    let sent = said.length;
    said += 'y'.repeat(CHARS.piece);
    while (sent < said.length) {
      const reply = await log.delta(ref, { step: STEP, attempt: 1, offset: sent, text: said.slice(sent) });
      sent = reply.status === 'offset' ? reply.offset : said.length;
    }
  }
}

async function costOf(redis: Redis, log: SessionLog, count: number): Promise<Cost> {
  const ref: SessionRef = { tenant: 'bench', session: randomUUID() };
  const key = (name: string): string => `convoke:{${ref.tenant}:${ref.session}}:${name}`;
  await log.append(ref, { known: START, drafts: [opening()] });
  const bytesBefore = Number(await redis.hget(key('meta'), 'b'));
  const cpu = process.cpuUsage();
  for (let index = 0; index < count; index += 1)
    await log.append(ref, { known: START, drafts: [draft(`m${index}`)] });
  await log.read(ref, { limit: count });
  const used = process.cpuUsage(cpu);
  const eventBytes = (Number(await redis.hget(key('meta'), 'b')) - bytesBefore) / count;
  const place = { turn: 't1', step: STEP, agent: 'a' };
  const started: EventDraft = {
    ...{ id: eventId.stepStarted(STEP), type: 'step.started', at: Date.now(), ...place, data: {} },
  };
  await log.begin(ref, {
    ...{ known: START, since: START, ...place, owner: 'o', order: 0, atLeast: 0, lead: [started] },
    ...{ reason: 'none', at: Date.now() },
  });
  const [spoken, redisBefore] = [process.cpuUsage(), await redisUs(redis)];
  await speak(log, ref, count);
  const speaking = process.cpuUsage(spoken);
  return {
    eventUs: (used.user + used.system) / count,
    pieceUs: (speaking.user + speaking.system) / count,
    redisUs: ((await redisUs(redis)) - redisBefore) / count,
    eventBytes,
    pieceBytes: (await redis.strlen(key(`t:${STEP}`))) / count,
  };
}

export async function measureSealedLog(
  { redisServer }: Stage,
  short: boolean,
): Promise<readonly NamedFigure[]> {
  const archive = await createSqliteArchive(':memory:');
  const connections = [0, 1].map(() => connectRedis(redisServer.url, () => undefined));
  await Promise.all(connections.map((each) => each.connect()));
  const [commands, subscriber] = connections as [Redis, Redis]; // safety: made of two
  try {
    const keyring = new Keyring(archive.database, [{ id: 'm', secret: randomBytes(32) }]);
    const [clear, sealed] = [null, keyring].map((seal) => createRedisLog({ commands, subscriber, seal })) as [
      SessionLog,
      SessionLog,
    ]; // safety: made of two
    const [rounds, count] = short ? [2, 200] : [9, 900];
    const found: Record<'clear' | 'sealed', Cost[]> = { clear: [], sealed: [] };
    for (let round = 0; round < rounds; round += 1) {
      found.clear.push(await costOf(commands, clear, count));
      found.sealed.push(await costOf(commands, sealed, count));
    }
    const figure = (name: keyof Cost, title: string): NamedFigure => {
      const [sealed, clear] = [found.sealed, found.clear].map((costs) =>
        median(costs.map((each) => each[name])),
      );
      return stated(
        `sealed-${name}`,
        `${title}; beside it (as "bare") without keys`,
        sealed ?? Number.NaN,
        clear,
      );
    };
    return [
      figure(
        'eventUs',
        `a message of ${CHARS.message} characters in a sealed log, written and read, µs of its process`,
      ),
      figure('eventBytes', 'the same, bytes in Redis'),
      figure('pieceUs', `a token of ${CHARS.piece} characters in a sealed log, µs of the worker`),
      figure('redisUs', 'the same, µs of Redis'),
      figure('pieceBytes', 'the same, bytes in Redis'),
    ];
  } finally {
    for (const each of connections) each.disconnect();
    await archive.close();
  }
}
