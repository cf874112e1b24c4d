/** What a step is shown of a session. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS, type Shown } from '../../../src/contracts/index.ts';
import { Conversations } from '../../../activities/conversation/index.ts';
import type { Sees } from '../../../activities/conversation/index.ts';
import type { Utterance } from '../../../activities/agents/runner.ts';
import {
  accepted,
  answering,
  cancelledStep,
  completed,
  failedStep,
  REF,
  ScriptedSession,
  turnCancelled,
  turnEnded,
  turnStarted,
} from './scripted.ts';

let session: ScriptedSession;

beforeEach(() => {
  session = new ScriptedSession();
});

const show = (sees: Sees): Promise<readonly Utterance[]> =>
  session.show(new Conversations(session.access), sees);

async function texts(sees: Sees): Promise<string[]> {
  return (await show(sees)).map(({ text }) => text);
}

/** A turn that has ended, with one step for each text. */
function turn(id: string, question: string, ...answers: readonly string[]): void {
  session.put(accepted(id, question), turnStarted(id));
  session.put(...answers.map((text, index) => completed(`${id}.${index + 1}`, text)), turnEnded(id));
}

describe('a step sees', () => {
  test('earlier turns, then the message that it answers, then the steps that it names', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t2', 'two?'), turnStarted('t2'), completed('t2.1', 'two.', 'b'));
    expect(await show(answering('t2', ['t2.1']))).toEqual([
      { role: 'user', text: 'one?' },
      { role: 'agent', name: 'a', text: 'one.' },
      { role: 'user', text: 'two?', pinned: true },
      { role: 'agent', name: 'b', text: 'two.' },
    ]);
  });

  test('who sent a message, its texts as lines, and its data', async () => {
    const message = accepted('t1', 'one');
    const data = {
      messageId: 'm-t1',
      parts: [
        { type: 'text', text: 'one' },
        { type: 'data', data: { amount: 3 } },
        { type: 'text', text: 'two' },
      ],
      from: 'Ada',
      queued: false,
    } as const;
    session.put({ ...message, type: 'message.accepted', data }, turnStarted('t1'));
    expect(await show(answering('t1'))).toEqual([
      { role: 'user', name: 'Ada', text: 'one\ntwo', data: [{ amount: 3 }], pinned: true },
    ]);
  });

  test('nothing of later turns', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t2', 'two?'), accepted('t3', 'three?'), turnStarted('t2'));
    expect(await texts(answering('t2'))).toEqual(['one?', 'one.', 'two?']);
  });

  test('a turn as it was for a step of it, when later turns have ended', async () => {
    turn('t1', 'one?', 'one.');
    turn('t2', 'two?', 'two.');
    expect(await texts(answering('t1'))).toEqual(['one?']);
  });

  test('its own steps only as they are named, in that order', async () => {
    session.put(accepted('t1', 'one?'), turnStarted('t1'));
    session.put(completed('t1.1.a.1', 'A'), completed('t1.1.b.1', 'B'), completed('t1.2', 'C'));
    expect(await texts(answering('t1', ['t1.2', 't1.1.b.1']))).toEqual(['one?', 'C', 'B']);
    expect(await texts(answering('t1'))).toEqual(['one?']);
  });

  test('steps of earlier turns by their place in the code, whichever branch ended first', async () => {
    session.put(accepted('t1', 'one?'), turnStarted('t1'));
    const paths = ['t1.2.b.2', 't1.10', 't1.2.b.1', 't1.9', 't1.2.a.1', 't1.1', 't1.2'];
    session.put(...paths.map((path) => completed(path, path)), turnEnded('t1'));
    session.put(accepted('t2', 'two?'), turnStarted('t2'));
    expect((await texts(answering('t2'))).slice(1, -1)).toEqual([
      't1.1',
      't1.2',
      't1.2.a.1',
      't1.2.b.1',
      't1.2.b.2',
      't1.9',
      't1.10',
    ]);
  });

  test('what a cancelled step had said, and nothing of one that failed or was silent', async () => {
    session.put(accepted('t1', 'one?'), turnStarted('t1'));
    session.put(failedStep('t1.1', 'junk'), cancelledStep('t1.2', ''), cancelledStep('t1.3', 'half'));
    expect(await texts(answering('t1', ['t1.1', 't1.2', 't1.3']))).toEqual(['one?', 'half']);
    session.put(turnCancelled('t1'), accepted('t2', 'two?'), turnStarted('t2'));
    expect(await texts(answering('t2'))).toEqual(['one?', 'half', 'two?']);
  });

  test('a turn that was cancelled when it had started, and none that was cancelled before', async () => {
    session.put(accepted('t1', 'one?'), turnStarted('t1'), accepted('t2', 'two?'), accepted('t3', 'three?'));
    session.put(turnCancelled('t1'), turnCancelled('t2'), turnStarted('t3'));
    expect(await texts(answering('t3'))).toEqual(['one?', 'three?']);
    // Their starts lie in the archive.
    [session.archivedTo, session.first] = [4, 5];
    expect(await texts(answering('t3'))).toEqual(['one?', 'three?']);
  });

  test('all messages of a turn in the order in which it took them, and what joined it after them', async () => {
    session.put(
      accepted('t1', 'joined', 'x3'),
      accepted('t1', 'first', 'x1'),
      accepted('t2', 'second', 'x2'),
    );
    session.put(turnStarted('t1', ['x1', 'x2']), completed('t1.1', 'one.'), turnEnded('t1'));
    session.put(accepted('t3', 'three?'), turnStarted('t3'));
    expect(await texts(answering('t3'))).toEqual(['first', 'second', 'joined', 'one.', 'three?']);
    const causes = ['x2', 'x1'];
    expect(await texts({ ...answering('t1'), causes })).toEqual(['second', 'first']);
  });
});

test('a message of an earlier turn that is answered once more is shown once, where it is answered', async () => {
  turn('t1', 'one?', 'one.');
  session.put(turnStarted('t2', []));
  expect(await show({ turn: 't2', causes: ['m-t1'], steps: [], budgetChars: 100 })).toEqual([
    { role: 'agent', name: 'a', text: 'one.' },
    { role: 'user', text: 'one?', pinned: true },
  ]);
});

describe('within its budget a step sees', () => {
  const LONG = 70_000;

  test('the message that it answers before anything else', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t2', 'two?'), turnStarted('t2'));
    session.put(completed('t2.1', 'x'.repeat(LONG)), completed('t2.2', 'y'.repeat(LONG)));
    expect(await texts(answering('t2', ['t2.1', 't2.2']))).toEqual(['two?', 'y'.repeat(LONG)]);
  });

  test('the message whole, even if it is more than the budget', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t2', 'z'.repeat(100)), turnStarted('t2'), completed('t2.1', 'two.'));
    expect(await texts(answering('t2', ['t2.1'], 50))).toEqual(['z'.repeat(100)]);
  });

  test('the data of messages as what they take', async () => {
    session.put(accepted('t1', 'one?'), turnStarted('t1'), turnEnded('t1'));
    session.put(accepted('t2', 'two?'), turnStarted('t2'), completed('t2.1', 'x'.repeat(92)));
    expect(await texts(answering('t2', ['t2.1'], 100))).toHaveLength(3);
    const data = { messageId: 'm-t1', parts: [{ type: 'data', data: { a: 1 } }], queued: false } as const;
    session.events[0] = { ...accepted('t1', ''), type: 'message.accepted', data, seq: 1 };
    expect(await texts(answering('t2', ['t2.1'], 100))).toHaveLength(2);
  });

  test('all of it, if it fits exactly', async () => {
    for (let n = 1; n <= 9; n += 1) turn(`t${n}`, 'x'.repeat(10), 'y'.repeat(10));
    session.put(accepted('t10', 'x'.repeat(10)), turnStarted('t10'));
    expect(await texts(answering('t10', [], 190))).toHaveLength(19);
    expect(await texts(answering('t10', [], 189))).not.toHaveLength(19);
  });

  test('at least three quarters of what fits', async () => {
    for (let n = 1; n <= 100; n += 1) {
      turn(`t${n}`, 'x'.repeat(40), 'y'.repeat(60));
      const sees = { turn: `t${n + 1}`, causes: [], steps: [], budgetChars: 3_000 };
      const chars = (await texts(sees)).reduce((sum, { length }) => sum + length, 0);
      expect(chars).toBeLessThanOrEqual(3_000);
      expect(chars).toBeGreaterThanOrEqual(Math.min(100 * n, 2_250));
    }
  });
});

describe('what is left out is told', () => {
  const part = async (sees: Sees): Promise<Shown | undefined> => {
    const conversations = new Conversations(session.access);
    conversations.learn(REF, session.begun(conversations.position(REF)));
    return (await conversations.see(REF, sees)).part;
  };

  test('nothing, if nothing is', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t2', 'two?'), turnStarted('t2'));
    expect(await part(answering('t2'))).toBeUndefined();
  });

  test('whole turns, and the last of them in part', async () => {
    for (let n = 1; n <= 9; n += 1) turn(`t${n}`, 'x'.repeat(10), 'y'.repeat(10));
    session.put(accepted('t10', 'x'.repeat(10)), turnStarted('t10'));
    expect(await part(answering('t10', [], 10 + 160))).toEqual({
      from: 't4',
      leftOut: { from: 't1', upTo: 't3' },
    });
    // The last answer fits, and its question does not.
    expect(await part(answering('t10', [], 10 + 15))).toEqual({
      from: 't9',
      leftOut: { from: 't1', upTo: 't9' },
    });
    expect(await part(answering('t10', [], 10))).toEqual({ leftOut: { from: 't1', upTo: 't9' } });
  });

  test('the steps of its own turn, if they do not fit', async () => {
    turn('t1', 'one?', 'one.');
    session.put(accepted('t2', 'two?'), turnStarted('t2'));
    session.put(completed('t2.1', 'x'.repeat(90)), completed('t2.2', 'y'.repeat(90)));
    expect(await part(answering('t2', ['t2.1', 't2.2'], 100))).toEqual({
      leftOut: { from: 't1', upTo: 't2' },
    });
  });
});

/** How often the first line that is shown is another than the time before. */
async function moves(times: number, look: (n: number) => Promise<readonly Utterance[]>): Promise<number> {
  const firsts: (string | undefined)[] = [];
  for (let n = 1; n <= times; n += 1) firsts.push((await look(n))[0]?.text);
  return firsts.filter((first, index) => index > 0 && first !== firsts[index - 1]).length;
}

describe('a window past the budget', () => {
  const budgetChars = 64_000;

  test('moves 12 times in 200 turns, between turns', async () => {
    // The window holds 64 turns.
    for (let n = 1; n <= 64; n += 1) turn(`t${n}`, `${n}?`.padEnd(200), `${n}.`.padEnd(800));
    const conversations = new Conversations(session.access);
    const moved = await moves(200, async (n) => {
      const id = `t${64 + n}`;
      session.put(accepted(id, id.padEnd(200)), turnStarted(id));
      const shown = await session.show(conversations, answering(id, [], budgetChars));
      expect(shown[0]?.role).toBe('user');
      session.put(completed(`${id}.1`, id.padEnd(800)), turnEnded(id));
      return shown;
    });
    expect(moved).toBe(12);
  });

  test('moves in blocks in a long turn too', async () => {
    session.put(accepted('t1', 'go'), turnStarted('t1'));
    const steps: string[] = [];
    const conversations = new Conversations(session.access);
    const moved = await moves(200, async (n) => {
      steps.push(`t1.${n}`);
      session.put(completed(`t1.${n}`, `${n}`.padEnd(1_000)));
      const shown = await session.show(conversations, answering('t1', steps, budgetChars));
      return shown.slice(1);
    });
    expect(moved).toBe(9);
  });

  test('leaves nothing out in the middle', async () => {
    turn('t1', 'one?', ...['1', '2', '3'].map((text) => text.padEnd(60_000)));
    session.put(accepted('t2', 'two?'), turnStarted('t2'));
    expect((await texts(answering('t2'))).map((text) => text.trimEnd())).toEqual(['2', '3', 'two?']);
  });

  test('is as long as the default budget at most', async () => {
    turn('t1', 'one?', ...Array.from({ length: 8 }, () => 'x'.repeat(LIMITS.contextChars / 4)));
    session.put(accepted('t2', ''), turnStarted('t2'));
    expect(await texts(answering('t2'))).toHaveLength(5);
  });
});
