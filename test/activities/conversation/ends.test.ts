/** How the steps of a turn have ended, for a journal that another worker goes on with. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Conversations } from '../../../activities/conversation/index.ts';
import {
  accepted,
  cancelledStep,
  completed,
  failedStep,
  REF,
  ScriptedSession,
  turnEnded,
  turnStarted,
} from './scripted.ts';

let session: ScriptedSession;
let conversations: Conversations;

describe('how the steps of a turn have ended', () => {
  beforeEach(() => {
    session = new ScriptedSession();
    conversations = new Conversations(session.access);
    session.put(accepted('t1', 'one?'), turnStarted('t1'), completed('t1.1', 'one.'), turnEnded('t1'));
    session.put(accepted('t2', 'two?'), accepted('t3', 'three?'), turnStarted('t2'));
    session.put(completed('t2.1', 'two.'), failedStep('t2.2', 'junk'), cancelledStep('t2.3', ''));
  });

  const ends = (turn: string, numbers = [1, 2, 3, 4]) =>
    conversations.ends(REF, turn, new Set(numbers.map((number) => `${turn}.${number}`)));
  const brief = async (turn: string, numbers?: number[]): Promise<object> =>
    Object.fromEntries([...(await ends(turn, numbers))].map(([step, { type }]) => [step, type]));

  const ENDS = { 't2.1': 'step.completed', 't2.2': 'step.failed', 't2.3': 'step.cancelled' };

  test('is told whole, wherever it lies', async () => {
    expect(await brief('t2')).toEqual(ENDS);
    expect(await brief('t1')).toEqual({ 't1.1': 'step.completed' });
    expect(await brief('t3')).toEqual({});
    expect(await brief('t2', [1, 3])).toEqual({ 't2.1': 'step.completed', 't2.3': 'step.cancelled' });
    expect((await ends('t2')).get('t2.2')).toMatchObject({
      data: { code: 'agent_failed', text: 'junk' },
    });
    session.archivedTo = 6;
    session.first = 9;
    expect(await brief('t2')).toEqual(ENDS);
    session.lost = true;
    expect(await brief('t2')).toEqual(ENDS);
  });

  test('is not told if a step may have ended of which nobody knows', async () => {
    session.first = 9;
    session.unheard.add('step:t2.1:end');
    await expect(brief('t2')).rejects.toMatchObject({ code: 'context_incomplete' });
    // Of what the turn carries itself nothing is asked.
    expect(await brief('t2', [2, 3])).toEqual({ 't2.2': 'step.failed', 't2.3': 'step.cancelled' });
    expect(await brief('t2', [])).toEqual({});
  });

  test('is read anew in a log that was built anew meanwhile', async () => {
    session.archivedTo = 8;
    session.first = 9;
    session.meanwhile = () => {
      session.epoch += 1;
      session.first = 1;
      session.put(completed('t2.4', 'four.'));
    };
    expect(await brief('t2')).toEqual(ENDS);
    expect(await brief('t2')).toEqual({ ...ENDS, 't2.4': 'step.completed' });
  });
});
