/** What a process remembers of its sessions, and what it does when something cannot be read. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ConvokeError, LIMITS, START, type SessionRef } from '../../../src/contracts/index.ts';
import { Conversations } from '../../../activities/conversation/index.ts';
import {
  accepted,
  answering,
  completed,
  INFO,
  REF,
  ScriptedSession,
  turnEnded,
  turnStarted,
} from './scripted.ts';

let session: ScriptedSession;
let conversations: Conversations;

beforeEach(() => {
  session = new ScriptedSession();
  conversations = new Conversations(session.access);
});

const learn = (ref: SessionRef = REF): void =>
  conversations.learn(ref, session.begun(conversations.position(ref)));

function turn(id: string, question: string, ...answers: readonly string[]): void {
  session.put(accepted(id, question), turnStarted(id));
  session.put(...answers.map((text, index) => completed(`${id}.${index + 1}`, text)), turnEnded(id));
}

/** Several short turns, the last of which is open, archived up to `archivedTo` and trimmed to what follows `first`. */
function manyTurns(count: number): void {
  for (let n = 1; n < count; n += 1) turn(`t${n}`, `${n}?`, `${n}.`);
  session.put(accepted(`t${count}`, `${count}?`), turnStarted(`t${count}`));
}

describe('a process remembers', () => {
  test('what a session is, and how far it has been read', () => {
    expect(conversations.position(REF)).toEqual(START);
    expect(conversations.info(REF)).toBeNull();
    turn('t1', 'one?', 'one.');
    learn();
    expect(conversations.position(REF)).toEqual(session.position);
    expect(conversations.info(REF)).toEqual(INFO);
  });

  test('the furthest of what has been read, and nothing of an earlier life of the log', () => {
    turn('t1', 'one?', 'one.');
    const early = session.begun(START);
    turn('t2', 'two?', 'two.');
    session.epoch = 2;
    learn();
    const late = conversations.position(REF);
    conversations.learn(REF, early);
    conversations.learn(REF, { ...early, position: { epoch: 2, seq: 4 } });
    expect(conversations.position(REF)).toBe(late);
  });

  test('nothing of a session that it forgot while its log was read', () => {
    manyTurns(3);
    learn();
    const since = conversations.position(REF);
    session.put(completed('t3.1', 'three.'));
    const elsewhere = new Conversations(session.access);
    elsewhere.learn(REF, session.begun(since));
    expect([elsewhere.position(REF), elsewhere.info(REF)]).toEqual([START, null]);
  });

  test('the sessions that it worked on last', () => {
    turn('t1', 'one?', 'one.');
    for (let n = 0; n <= LIMITS.contextSessions; n += 1) learn({ tenant: 'acme', session: `s${n}` });
    expect(conversations.info({ tenant: 'acme', session: 's0' })).toBeNull();
    expect(conversations.info({ tenant: 'acme', session: 's1' })).toEqual(INFO);
  });

  test('no more than it may, all together', () => {
    turn('t1', 'one?', 'x'.repeat(LIMITS.stepChars));
    let most = 0;
    for (let n = 0; n < 2 * (LIMITS.contextTotalChars / LIMITS.stepChars); n += 1) {
      learn({ tenant: 'acme', session: `s${n}` });
      most = Math.max(most, conversations.chars);
    }
    expect(most).toBeLessThanOrEqual(LIMITS.contextTotalChars);
    expect(most).toBeGreaterThan(LIMITS.contextTotalChars - 2 * LIMITS.stepChars);
  });

  test('of a session what its largest budget needs', async () => {
    const steps: string[] = [];
    for (let n = 1; n <= 100; n += 1) turn(`t${n}`, `${n}?`, 'x'.repeat(LIMITS.contextChars / 4));
    session.put(accepted('t101', 'go'), turnStarted('t101'));
    for (let n = 1; n <= 100; n += 1) {
      steps.push(`t101.${n}`);
      session.put(completed(`t101.${n}`, 'y'.repeat(LIMITS.contextChars / 4)));
      await session.show(conversations, answering('t101', steps));
      expect(conversations.chars).toBeLessThan(3 * LIMITS.contextChars);
    }
    const larger = answering('t101', steps, 4 * LIMITS.contextChars);
    expect(await conversations.show(REF, larger)).toHaveLength(1 + 12);
    const { log } = session.asked;
    expect(await conversations.show(REF, larger)).toHaveLength(1 + 12);
    expect(await conversations.show(REF, answering('t101', steps))).toHaveLength(1 + 3);
    expect(session.asked.log).toBe(log);
    expect(conversations.chars).toBeLessThan(10 * LIMITS.contextChars);
  });

  test('what it has read back, unless somebody has read on meanwhile', async () => {
    manyTurns(50);
    session.archivedTo = session.events.length - 2;
    session.first = session.events.length - 1;
    learn();
    const sees = answering('t50');
    session.meanwhile = () => {
      session.put(completed('t50.1', 'fifty.'));
      learn();
    };
    const before = await conversations.show(REF, sees);
    expect(conversations.position(REF)).toEqual(session.position);
    expect(await conversations.show(REF, sees)).toEqual(before);
    const { archive } = session.asked;
    expect(await conversations.show(REF, sees)).toEqual(before);
    expect(session.asked.archive).toBe(archive);
  });

  test('not the first steps of a long turn, but where to read them', async () => {
    session.put(accepted('t1', 'go'), turnStarted('t1'));
    const steps = Array.from({ length: 10 }, (_, index) => `t1.${index + 1}`);
    session.put(...steps.map((step) => completed(step, step.padEnd(LIMITS.contextChars / 2))));
    learn();
    session.archivedTo = session.events.length - 1;
    session.first = session.events.length;
    const shown = await conversations.show(REF, answering('t1', ['t1.2', 't1.1']));
    expect(shown.map(({ text }) => text.trimEnd())).toEqual(['go', 't1.1']);
    expect(session.asked.workflow).toBe(0);
  });

  test('a message that lies far back, without all that lies between', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t400', 'four hundred?'));
    for (let n = 2; n < 400; n += 1) turn(`t${n}`, `${n}?`, 'x'.repeat(LIMITS.contextChars / 8));
    session.put(turnStarted('t400'));
    session.archivedTo = session.events.length - 1;
    session.first = session.events.length;
    const shown = await session.show(conversations, answering('t400'));
    expect(shown.at(-1)).toEqual({ role: 'user', text: 'four hundred?', pinned: true });
    expect(session.largest).toBeLessThanOrEqual(128);
    expect(conversations.chars).toBeLessThan(3 * LIMITS.contextChars);
    expect(session.asked.workflow).toBe(0);
    session.put(turnEnded('t400'), accepted('t401', 'and?'), turnStarted('t401'));
    const { archive } = session.asked;
    expect((await session.show(conversations, answering('t401'))).at(-2)?.text).toBe('four hundred?');
    expect(session.asked.archive).toBe(archive);
  });
});

describe('what cannot be read', () => {
  beforeEach(() => {
    manyTurns(10);
    session.archivedTo = 20;
    session.first = 30;
  });

  test('is asked of the workflow if neither log nor archive has it', async () => {
    expect(await session.show(conversations, answering('t10'))).toHaveLength(19);
    expect(session.asked.workflow).toBe(1);
    expect(await session.show(conversations, answering('t10'))).toHaveLength(19);
    expect(session.asked.workflow).toBe(1);
  });

  test('is waited for by the caller: what log, archive or workflow fail with is passed on as it is', async () => {
    session.fault = new Error('only outside');
    await expect(session.show(conversations, answering('t10'))).rejects.toBe(session.fault);
    session.fault = null;
    session.archiveFault = new ConvokeError('archive_unavailable');
    await expect(session.show(conversations, answering('t10'))).rejects.toBe(session.archiveFault);
    session.archiveFault = null;
    expect(await session.show(conversations, answering('t10'))).toHaveLength(19);
  });

  test('fails loudly if it is nowhere', async () => {
    const sees = answering('t10');
    await expect(session.show(conversations, { ...sees, causes: ['m-t10', 'm-t11'] })).rejects.toMatchObject({
      code: 'context_incomplete',
      message: expect.stringContaining('m-t11'),
    });
    await expect(session.show(conversations, { ...sees, steps: ['t10.1'] })).rejects.toMatchObject({
      code: 'context_incomplete',
      message: expect.stringContaining('t10.1'),
    });
    session.archivedTo = 29;
    const { log, source } = session.access;
    const robbed = { log, source: { ...source, archived: () => Promise.resolve([]) } };
    await expect(session.show(new Conversations(robbed), sees)).rejects.toMatchObject({
      code: 'context_incomplete',
      message: expect.stringContaining('29'),
    });
  });

  test('is read from the archive if it got there while the workflow was asked', async () => {
    const { log, source } = session.access;
    const racing = {
      log,
      source: {
        ...source,
        known: (ref: SessionRef) => {
          session.archivedTo = 35;
          return source.known(ref);
        },
      },
    };
    expect(await session.show(new Conversations(racing), answering('t10'))).toHaveLength(19);
  });

  test('is found in a log that has gone on since it was read', async () => {
    learn();
    session.put(completed('t10.1', 'ten.'));
    session.archivedTo = 29;
    const shown = await conversations.show(REF, answering('t10', ['t10.1']));
    expect(shown.at(-1)).toMatchObject({ text: 'ten.' });
    expect(session.asked.workflow).toBe(0);
  });

  test('is found where a log has it that was built anew since it was read', async () => {
    learn();
    session.epoch += 1;
    session.first = 1;
    const at = session.events.findIndex(({ id }) => id === 'step:t1.1:end');
    const [moved] = session.events.splice(at, 1);
    session.events = [...session.events, moved!].map((event, index) => ({ ...event, seq: index + 1 }));
    expect(await conversations.show(REF, answering('t10'))).toHaveLength(19);
  });

  test('is found in a log that was built anew while it was read', async () => {
    session.archivedTo = 29;
    session.meanwhile = () => {
      session.epoch += 1;
      session.first = 25;
      session.put(completed('t10.1', 'ten.'));
    };
    learn();
    const shown = await conversations.show(REF, answering('t10', ['t10.1']));
    expect(shown.slice(-2).map(({ text }) => text)).toEqual(['10?', 'ten.']);
  });
});
