/** Forks of sessions, on real servers: what a fork has, what its agents are shown, and what is refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { AgentRunner } from '../../activities/index.ts';
import { SESSION } from '../../src/contracts/index.ts';
import type { ForkReply, LoggedEvent } from '../../src/contracts/index.ts';
import { openFiles } from '../../src/main/files.ts';
import { createTemporalErasure } from '../../src/temporal/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, types } from './agents.ts';

const acme = { tenant: 'acme' };

/** Answers with the messages that it is shown; does not end when it is asked to wait. */
const listing: AgentRunner = {
  async *run({ conversation, signal }) {
    const asked = conversation.filter(({ role }) => role === 'user').map(({ text }) => text);
    yield { type: 'text', text: asked.join('|') };
    if (asked.at(-1) === 'wait') await new Promise((resolve) => signal.addEventListener('abort', resolve));
  },
};

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker({ runner: listing });
});

afterAll(async () => {
  await engine.stop();
});

async function fork(session: TestSession, body: object): Promise<TestSession> {
  const { reply } = await engine.intake.fork(acme, session.session, body);
  return engine.session(reply.id);
}

async function loseLogs(): Promise<void> {
  const redis = new Redis(engine.redis.url);
  await redis.flushall();
  redis.disconnect();
}

/** A session in which these were answered. */
async function told(...texts: readonly string[]): Promise<TestSession> {
  const session = await engine.open([agent('a')]);
  for (const [index, text] of texts.entries()) {
    await session.send(`m${index + 1}`, text);
    await session.turnEnded(`t${index + 1}`);
  }
  return session;
}

function saidIn(events: readonly LoggedEvent[], turn: string): string | undefined {
  const end = events.find((event) => event.type === 'step.completed' && event.turn === turn);
  return end?.type === 'step.completed' ? end.data.text : undefined;
}

const refusal = (code: string): object => expect.objectContaining({ code });

describe('a fork', () => {
  test('has what its parent had then, and goes its own way', async () => {
    const parent = await told('one', 'two');
    const before = await parent.events();
    const child = await fork(parent, { message: { text: 'three' } });
    const events = await child.turnEnded('t3');
    expect(events.slice(0, before.length)).toEqual(before);
    expect(events[before.length]).toMatchObject({
      type: 'session.forked',
      data: { session: parent.session, seq: before.length },
    });
    expect(saidIn(events, 't3')).toBe('one|two|three');
    expect(faults(events)).toEqual([]);
    await parent.send('m3', 'elsewhere');
    expect(saidIn(await parent.turnEnded('t3'), 't3')).toBe('one|two|elsewhere');
    expect(await child.state()).toMatchObject({ turns: 3, status: 'open' });
    expect(await child.receipt('m1')).toMatchObject({ session: child.session, turnStatus: 'completed' });
  });

  test('before an earlier message, with another text', async () => {
    const parent = await told('one', 'two', 'three');
    const child = await fork(parent, { before: 'm2', message: { messageId: 'm2b', text: 'zwei' } });
    expect(saidIn(await child.turnEnded('t2'), 't2')).toBe('one|zwei');
    await child.send('m2', 'two');
    expect(saidIn(await child.turnEnded('t3'), 't3')).toBe('one|zwei|two');
  });

  test('of a session that runs: what had begun ends in the fork, and goes on in its parent', async () => {
    const parent = await told('one');
    await parent.send('m2', 'wait');
    await parent.until('it runs', ({ type, turn }) => type === 'step.started' && turn === 't2');
    await parent.send('m3', 'queued');
    await parent.until('it waits', ({ cause }) => cause === 'm3');
    const child = await fork(parent, {});
    await child.send('m4', 'four');
    const events = await child.turnEnded('t4');
    expect(types(events).slice(-9, -4)).toEqual([
      'session.forked',
      ...['step.cancelled', 'turn.cancelled', 'turn.cancelled', 'message.accepted'],
    ]);
    expect(events.find(({ id }) => id === 'turn:t2:end')).toMatchObject({
      data: { reason: { code: 'forked' } },
    });
    expect(saidIn(events, 't4')).toBe('one|wait|four');
    expect(faults(events)).toEqual([]);
    expect(await child.receipt('m3')).toMatchObject({ status: 'rejected', code: 'turn_cancelled' });
    expect((await parent.state()).running).toMatchObject({ turn: 't2' });
    // Before the turn of a message that waited for another's end: that one is whole.
    await engine.submitter.cancel(parent, 't2');
    await parent.turnEnded('t3');
    const later = await fork(parent, { before: 'm3', message: { text: 'other' } });
    expect(saidIn(await later.turnEnded('t4'), 't4')).toBe('one|wait|other');
  });

  test('of a closed session, of one whose log is lost, and of a fork', async () => {
    const parent = await told('one', 'two');
    await engine.submitter.close(parent);
    await parent.until('it is closed', ({ type }) => type === 'session.closed');
    const child = await fork(parent, { message: { text: 'three' } });
    expect(saidIn(await child.turnEnded('t3'), 't3')).toBe('one|two|three');
    await loseLogs();
    const grandchild = await fork(child, { before: 'm2', message: { text: 'deux' } });
    const events = await grandchild.turnEnded('t2');
    expect(saidIn(events, 't2')).toBe('one|deux');
    expect(faults(events)).toEqual([]);
  });

  test('survives the loss of the log, and its workflow', async () => {
    const child = await fork(await told('one'), { message: { text: 'two' } });
    await child.turnEnded('t2');
    await loseLogs();
    await child.send('m3', 'three');
    expect(saidIn(await child.turnEnded('t3'), 't3')).toBe('one|two|three');
    await child.handle().terminate('an accident');
    await child.send('m4', 'four');
    expect(saidIn(await child.turnEnded('t4'), 't4')).toBe('one|two|three|four');
  });
});

test('an equal request gets the same fork, another one is refused', async () => {
  const parent = await told('one');
  const body = { id: `${parent.session}-x`, at: 3, message: { text: 'two' } };
  const first = await engine.intake.fork(acme, parent.session, body);
  await engine.session(first.reply.id).turnEnded('t2');
  const second = await engine.intake.fork(acme, parent.session, body);
  const strip = ({ receipt: _receipt, ...rest }: ForkReply): object => rest;
  expect([first.replayed, second.replayed]).toEqual([false, true]);
  expect(strip(second.reply)).toEqual(strip(first.reply));
  await expect(engine.intake.fork(acme, parent.session, { ...body, at: 2 })).rejects.toEqual(
    refusal('session_exists'),
  );
  const keyed = await engine.intake.fork(acme, parent.session, {}, { key: 'k' });
  const again = await engine.intake.fork(acme, parent.session, {}, { key: 'k' });
  expect(again).toMatchObject({ replayed: true, reply: { id: keyed.reply.id } });
});

test('what makes no sense is refused, with the place', async () => {
  const parent = await told('one');
  const forked = (body: object, session = parent.session, tenant = 'acme'): Promise<unknown> =>
    engine.intake.fork({ tenant }, session, body);
  await expect(forked({}, parent.session, 'other')).rejects.toEqual(refusal('session_not_found'));
  await expect(forked({}, 'nobody')).rejects.toEqual(refusal('session_not_found'));
  await expect(forked({ before: 'm9' })).rejects.toEqual(refusal('message_not_found'));
  await expect(forked({ at: 99 })).rejects.toMatchObject({
    code: 'invalid_request',
    errors: [{ pointer: '/at', message: expect.stringContaining('newest event') }],
  });
  await expect(forked({ at: 1, before: 'm1' })).rejects.toEqual(refusal('invalid_request'));
  await expect(forked({ message: { text: '' } })).rejects.toMatchObject({
    errors: [{ pointer: '/message/text' }],
  });
});

test('forks of a session are listed', async () => {
  const parent = await told('one');
  const child = await fork(parent, {});
  await child.until('it is there', ({ type }) => type === 'session.forked');
  const ids = async (query: object): Promise<string[]> =>
    (await engine.intake.list(acme, query)).data.map(({ id }) => id);
  await eventually('both are listed', async () => {
    const all = await ids({});
    return all.includes(child.session) && all.includes(parent.session);
  });
  expect(await ids({ parent: parent.session })).toEqual([child.session]);
  expect(await ids({ parent: child.session })).toEqual([]);
});

test('a fork that is terminated before it was made begins anew, with what it was sent', async () => {
  const parent = await told('one');
  await Promise.all(engine.workers.map((worker) => worker.stop()));
  const child = await fork(parent, { message: { text: 'two' } });
  await child.handle().terminate('an accident');
  await engine.startWorker({ runner: listing });
  await child.send('m3', 'three');
  const events = await child.turnEnded('t3');
  expect([saidIn(events, 't2'), saidIn(events, 't3')]).toEqual(['one|two', 'one|two|three']);
});

async function erase({ tenant, session }: TestSession): Promise<void> {
  const ref = { tenant, session };
  await engine.archive.erase(ref);
  await createTemporalErasure(engine.client, SESSION.taskQueue).runs(ref);
  await loseLogs();
}

test('a fork of a fork has the files of the first, also once the one in between is erased', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-forks-'));
  const config = { files: { place: { kind: 'folder', folder } } } as const;
  const find = engine.calls.find.bind(engine.calls);
  const files = await openFiles(config, { ...engine, find, limitsOf: () => ({}) });
  const first = await told('one');
  const about = { name: 'a.txt', contentType: 'text/plain' };
  const content = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('hello');
  };
  const { info } = await files!.store(first, about, content());
  const second = await fork(first, { message: { text: 'two' } });
  await second.turnEnded('t2');
  const third = await fork(second, { message: { text: 'three' } });
  await third.turnEnded('t3');
  // Before it is made, too: the message that it is forked with may refer to one.
  await Promise.all(engine.workers.map((worker) => worker.stop()));
  const unmade = await fork(third, {});
  expect(await files!.use(unmade, [info.file])).toEqual([info]);
  await expect(files!.find({ ...first, session: 'nobody' }, info.file)).rejects.toEqual(
    refusal('file_not_found'),
  );
  await engine.startWorker({ runner: listing });
  await erase(second);
  expect((await files!.find(third, info.file)).info).toEqual(info);
  // Whose log is built anew.
  await third.send('m4', 'four');
  expect(saidIn(await third.turnEnded('t4'), 't4')).toBe('one|two|three|four');
  expect(await files!.use(third, [info.file])).toEqual([info]);
  await rm(folder, { recursive: true });
});

describe('a fork whose parent is erased before it was made', () => {
  const closed = async (child: TestSession): Promise<readonly LoggedEvent[]> => {
    await child.until('it is closed', ({ type }) => type === 'session.closed');
    const events = await child.events();
    expect(events.at(-1)).toMatchObject({ data: { reason: 'parent_gone' } });
    await child.handle().result();
    await expect(child.send('m9', 'nine')).rejects.toEqual(refusal('session_closed'));
    return events;
  };

  test('says so and is closed, and so is what was sent to it', async () => {
    const parent = await told('one');
    await Promise.all(engine.workers.map((worker) => worker.stop()));
    const child = await fork(parent, { message: { messageId: 'm2', text: 'two' } });
    await erase(parent);
    await engine.startWorker({ runner: listing });
    const events = await closed(child);
    expect(types(events)).toEqual(['session.created', 'message.rejected', 'session.closed']);
    expect(await child.receipt('m2')).toMatchObject({ status: 'rejected', code: 'session_closed' });
  });

  test('is not open with a hole in its past either', async () => {
    const parent = await told('one');
    await engine.submitter.close(parent);
    await parent.until('it is closed', ({ type }) => type === 'session.closed');
    await eventually('it is archived', async () => (await engine.archive.stored(parent)) !== null);
    await Promise.all(engine.workers.map((worker) => worker.stop()));
    await engine.startWorker({
      runner: listing,
      archive: (archive) => ({
        ...archive,
        copy: async (...copied) => {
          await erase(parent);
          await archive.copy(...copied);
        },
      }),
    });
    const child = await fork(parent, {});
    expect(types(await closed(child))).toEqual(['session.created', 'session.closed']);
    await Promise.all(engine.workers.map((worker) => worker.stop()));
    await engine.startWorker({ runner: listing });
  });
});

test('all of it replays', async () => {
  expect(await engine.replay()).toBeGreaterThan(10);
});
