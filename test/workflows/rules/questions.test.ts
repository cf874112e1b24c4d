/** People are asked by a turn: what the session makes of their messages. */
import { describe, expect, test } from '@jest/globals';
import type { TurnInput, TurnResult, TurnWait } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { FakeLog } from './fake-log.ts';
import { INPUT, message } from './support.ts';

const ask = (path: string, key: string, until = 500): TurnWait => ({
  path,
  kind: 'person',
  key,
  until,
  text: 'Yes?',
});

interface Asking {
  readonly session: SessionMachine;
  readonly log: FakeLog;
  /** An activity of the turn runs and comes back. */
  run(result: Partial<TurnResult>): TurnInput;
}

function asking(...waits: readonly TurnWait[]): Asking {
  const log = new FakeLog();
  const session = new SessionMachine(INPUT, 1);
  const run = (result: Partial<TurnResult>): TurnInput => {
    const input = session.runTurn(3);
    const report = log.append(input.lead);
    const back = {
      status: 'suspended',
      entries: [],
      open: {},
      waits: [],
      unplaced: [],
      attempts: 1,
    } as const;
    session.back(input, { ...back, report, ...result }, 4);
    return input;
  };
  session.accept(message('m1'), 2);
  run({ waits });
  return { session, log, run };
}

const told = ({ session }: Asking): string[] =>
  session.facts.pending().map(({ type, id }) => `${type} ${id}`);
const entries = ({ session }: Asking): unknown => session.turns.current?.journal.entries;

describe('a person who is asked', () => {
  test('answers with her next message, which starts no turn', () => {
    const scene = asking(ask('2', 'Anna'));
    expect(told(scene)).toEqual(['person.asked person:t1.2:asked']);
    scene.session.accept(message('m2', 'Hi.', { from: 'Bob' }), 5);
    scene.session.accept(message('m3', 'Yes.', { from: 'anna' }), 6);
    expect(scene.session.receipt('m3')).toMatchObject({
      status: 'consumed',
      turn: 't1',
      turnStatus: 'running',
    });
    expect(scene.session.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
    expect(entries(scene)).toEqual([
      { path: '2', kind: 'person', key: 'Anna', outcome: 'answered', message: 'm3' },
    ]);
    expect(scene.session.turns.current?.phase).toBe('ready');
    expect(scene.session.facts.pending().at(-1)).toMatchObject({
      type: 'message.accepted',
      turn: 't1',
      data: { answers: 't1.2', queued: false },
    });
    scene.session.accept(message('m4', 'Again.', { from: 'Anna' }), 7);
    expect(scene.session.receipt('m4')).toMatchObject({ turn: 't3' });
  });

  test('is answered for by whoever names the question', () => {
    const scene = asking(ask('2', 'Anna'), ask('3', 'Bob'));
    scene.session.accept(message('m2', 'No.', { answers: 't1.3' }), 5);
    expect(entries(scene)).toMatchObject([{ path: '3', message: 'm2' }]);
  });

  test('may answer while the turn goes on with something else', () => {
    const scene = asking(ask('2', 'Anna'), ask('3', 'Bob'));
    scene.session.accept(message('m2', 'Yes.', { from: 'Anna' }), 5);
    const input = scene.session.runTurn(6);
    scene.session.accept(message('m3', 'No.', { from: 'Bob' }), 7);
    expect(scene.session.receipt('m3')).toMatchObject({ status: 'consumed' });
    const again = new SessionMachine({ ...INPUT, carried: scene.session.carry() }, 8);
    for (const session of [scene.session, again]) {
      if (session === again) session.runTurn(8);
      const report = { position: session.facts.known, placed: [], events: [] };
      const back = { status: 'suspended', entries: [], open: {}, unplaced: [], attempts: 1, report } as const;
      session.back(input, { ...back, waits: [ask('3', 'Bob')] }, 9);
      expect(session.turns.current?.journal.entries.map(({ message: id }) => id)).toEqual(['m2', 'm3']);
      expect(session.turns.current?.phase).toBe('ready');
    }
  });

  test('is told once, also when the turn waits for her again, over the next run', () => {
    const scene = asking(ask('2', 'Anna'), { ...ask('1', ''), kind: 'sleep', key: '5', until: 100 });
    scene.session.waits.wake(100, false);
    const next = new SessionMachine({ ...INPUT, carried: scene.session.carry() }, 101);
    const input = next.runTurn(102);
    const report = new FakeLog().append(input.lead);
    const back = { status: 'suspended', entries: [], open: {}, unplaced: [], attempts: 1, report } as const;
    next.back(input, { ...back, waits: [ask('2', 'Anna')] }, 103);
    expect(next.facts.pending()).toEqual([]);
    next.accept(message('m2', 'Yes.', { from: 'Anna' }), 104);
    expect(next.receipt('m2')).toMatchObject({ status: 'consumed', turn: 't1' });
  });

  test('who does not answer in time is an answer too; what she says later is a message like any other', () => {
    const scene = asking(ask('2', 'Anna', 50));
    scene.session.waits.wake(50, false);
    expect(told(scene).at(-1)).toBe('person.unanswered person:t1.2:unanswered');
    expect(entries(scene)).toEqual([{ path: '2', kind: 'person', key: 'Anna', outcome: 'over' }]);
    scene.session.accept(message('m2', 'Yes.', { from: 'Anna' }), 60);
    expect(scene.session.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
  });

  test('is not waited for once the session closes, or the turn is cancelled', () => {
    const closing = asking(ask('2', 'Anna'));
    closing.session.close('requested', 5);
    expect(closing.session.turns.current?.phase).toBe('ready');
    const cancelled = asking(ask('2', 'Anna'));
    cancelled.session.cancel('t1', 5);
    cancelled.session.accept(message('m2', 'Yes.', { from: 'Anna' }), 6);
    expect(cancelled.session.receipt('m2')).toMatchObject({ turn: 't2' });
  });

  test('gets the end of the turn as the end of her message', () => {
    const scene = asking(ask('2', 'Anna'));
    scene.session.accept(message('m2', 'Yes.', { from: 'Anna' }), 5);
    const input = scene.session.runTurn(6);
    const end = { id: 'turn:t1:end', type: 'turn.completed', at: 7, turn: 't1', data: {} } as const;
    const report = scene.log.append([...input.lead, end]);
    const back = {
      status: 'done',
      entries: [],
      open: {},
      waits: [],
      unplaced: [],
      attempts: 1,
      report,
    } as const;
    scene.session.back(input, back, 8);
    expect(scene.session.receipt('m2')).toMatchObject({ turnStatus: 'completed' });
  });
});
