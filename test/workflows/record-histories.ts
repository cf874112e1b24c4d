/**
 * Records the histories that `replay.test.ts` replays: what sessions of this version look like in Temporal. To be run again, and the new files
 * committed, only when a change of the workflow is meant to end older sessions (or has a patch marker and a history with it is wanted).
 *
 *     node test/workflows/record-histories.ts [conversation] [quick] [channels]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { eventually } from '../support/process.ts';
import { agent, slow } from './agents.ts';

const FOLDER = new URL('./histories/', import.meta.url);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { History } = proto.temporal.api.history.v1;

/** Two agents, a queue, cancels before the start and while a turn runs, an agent that fails, an end. */
async function conversation(engine: Engine): Promise<TestSession> {
  const failing = agent('failing', {
    maxAttempts: 1,
    script: { tokens: 4, faults: [{ kind: 'throw', afterTokens: 2 }] },
  });
  const session = await engine.open([slow('writer'), failing], 'conversation');
  for (const message of ['m1', 'm2', 'm3']) await session.send(message);
  await session.until('it speaks', (event) => event.type === 'step.started');
  await engine.submitter.cancel(session, 't2');
  await engine.submitter.cancel(session);
  await session.turnEnded('t1');
  await session.until('the third turn runs', (event) => event.id === 'turn:t3:start');
  await engine.submitter.cancel(session);
  await session.turnEnded('t3');
  await engine.submitter.close(session);
  return session;
}

/** Quick agents; the log is lost between two turns. */
async function quick(engine: Engine): Promise<TestSession> {
  const session = await engine.open(
    [agent('first', { quick: true }), agent('second', { quick: true })],
    'quick',
  );
  await session.send('m1');
  await session.turnEnded('t1');
  await engine.redis.kill();
  await engine.redis.start();
  await session.send('m2');
  await session.turnEnded('t2');
  await session.send('m3');
  await session.turnEnded('t3');
  await engine.submitter.close(session);
  return session;
}

/** Events of the application before, in and after a turn, one of them twice. */
async function channels(engine: Engine): Promise<TestSession> {
  const session = await engine.open([slow('writer')], 'channels');
  const publish = async (messageId: string, more: object = {}): Promise<void> => {
    const body = { messageId, channel: 'orders', text: messageId, ...more };
    await engine.intake.send(session, session.session, body);
    await session.until(`${messageId} has its place`, ({ id }) => id === `message:${messageId}`);
  };
  await publish('e1');
  await session.send('m1');
  await session.until('it speaks', (event) => event.type === 'step.started');
  await publish('e2', { from: 'Ada', to: ['Bob'] });
  await Promise.all([publish('e3'), publish('e4'), session.send('m2')]);
  await publish('e3');
  await engine.intake.control(session, session.session, 'cancel', { all: true });
  await session.turnEnded('t2');
  await publish('e5');
  await engine.submitter.close(session);
  return session;
}

async function record(session: TestSession): Promise<void> {
  const handle = session.handle();
  await eventually('it has ended', async () => (await handle.describe()).status.name === 'COMPLETED');
  const history = await handle.fetchHistory();
  const plain = History.toObject(History.fromObject(history), {
    bytes: String,
    longs: String,
    enums: String,
  });
  // On which machine, and where on it, it was recorded is nobody's business.
  const text = JSON.stringify(plain).replaceAll(hostname(), 'recorded').replaceAll(ROOT, '/convoke/');
  await writeFile(new URL(`${session.session}.json`, FOLDER), `${text}\n`);
}

const ACTS = { conversation, quick, channels };
const asked = process.argv.slice(2);
const engine = await startEngine();
try {
  await engine.startWorker();
  await mkdir(FOLDER, { recursive: true });
  for (const [name, act] of Object.entries(ACTS))
    if (asked.length === 0 || asked.includes(name)) await record(await act(engine));
} finally {
  await engine.stop();
}
