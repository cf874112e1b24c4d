/** The turn at work: how it goes on, and that it gets one end, whatever becomes of its activities. */
import { describe, expect, test } from '@jest/globals';
import type { EventDraft, Journal, TurnResult, TurnWait } from '../../../src/contracts/index.ts';
import { RunningTurn } from '../../../workflows/rules/turn.ts';
import { publishes, running } from './running.ts';

const types = (drafts: readonly EventDraft[]): string[] => drafts.map((draft) => draft.type);

function fresh(): RunningTurn {
  return RunningTurn.of({ turn: 't1', messageId: 'm1', chars: 1 });
}

function result(more: Partial<TurnResult>): TurnResult {
  return {
    status: 'suspended',
    report: { position: { epoch: 1, seq: 1 }, placed: [], events: [] },
    ...{ entries: [], open: {}, waits: [], unplaced: [], attempts: 1 },
    ...more,
  };
}

const sleep = (path: string, until: number): TurnWait => ({ path, kind: 'sleep', key: '5', until });
const paths = ({ entries }: Journal): string[] => entries.map(({ path }) => path);

describe('a turn that waits', () => {
  test('goes on when the first of its waits is over; the others are asked for again', () => {
    const turn = fresh();
    turn.run(0);
    turn.back(
      result({ waits: [sleep('1', 300), sleep('2', 200), { ...sleep('3', 400), kind: 'retry' }] }),
      0,
    );
    expect(turn).toMatchObject({ phase: 'waiting', wakeAt: 200 });
    expect(turn.wake(199, false)).toEqual([]);
    expect(turn.wake(200, false)).toHaveLength(1);
    expect(turn.phase).toBe('ready');
    expect(paths(turn.journal)).toEqual(['2']);
  });

  test('finds waits that ended together in the order of their times', () => {
    const turn = fresh();
    turn.run(0);
    turn.back(result({ waits: [sleep('1', 300), sleep('2', 200)] }), 0);
    turn.wake(500, false);
    expect(paths(turn.journal)).toEqual(['2', '1']);
  });

  test('has no entry for a step that paused: it is tried again', () => {
    const turn = fresh();
    turn.run(0);
    turn.back(result({ waits: [{ ...sleep('1', 300), kind: 'retry' }] }), 0);
    expect(turn.wake(300, false)).toHaveLength(1);
    expect(paths(turn.journal)).toEqual([]);
  });

  test('for nothing goes on at once', () => {
    const turn = fresh();
    turn.run(0);
    turn.back(result({ waits: [] }), 0);
    expect(turn.phase).toBe('ready');
  });

  test('shows what it has not written', () => {
    const session = running();
    session.turn?.suspend([86_400_000]);
    session.turnReports();
    publishes(session);
    expect(types(session.log.events)).toEqual(['session.created', 'message.accepted', 'turn.started']);
    expect(session.machine.turns.current?.phase).toBe('waiting');
  });

  test('is cancelled at once, and what paused in it is ended', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.suspend([86_400_000]);
    session.turnReports();
    session.cancel(undefined);
    publishes(session);
    expect(types(session.log.events).slice(-2)).toEqual(['step.cancelled', 'turn.cancelled']);
    expect(session.machine.turns.current).toBeNull();
  });
});

describe('a turn that is handed over', () => {
  test('goes on with its journal, its open steps, and its attempts', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.end(false);
    session.turn?.begin();
    session.turn?.yield('model');
    session.turnReports();
    session.act();
    expect(session.turn?.input).toMatchObject({
      ...{ turn: 't1', lead: [], attempts: 1, needs: 'model' },
      journal: { entries: [{ path: '1', kind: 'ask' }], open: { 't1.2': { attempt: 1 } } },
    });
  });

  test('stays where its agents can run', () => {
    const session = running();
    for (const needs of ['model', undefined]) {
      session.turn?.begin();
      session.turn?.yield(needs);
      session.turnReports();
      session.act();
    }
    expect(session.turn?.input).toMatchObject({ needs: 'model', attempts: 2 });
  });

  test('is not started again once it is cancelled', () => {
    const session = running();
    session.turn?.yield();
    session.cancel(undefined);
    session.turnReports();
    session.settle();
    expect(types(session.log.events).slice(-2)).toEqual(['turn.started', 'turn.cancelled']);
  });

  test('carries what its first activity has not written', () => {
    const session = running();
    session.turn?.yield();
    session.turnReports();
    session.act();
    expect(types(session.turn?.input.lead ?? [])).toEqual([
      'session.created',
      'message.accepted',
      'turn.started',
    ]);
  });
});

describe('a turn whose activity is lost', () => {
  test('fails, and so do its open steps; what was durable stays', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.end(false);
    session.turn?.begin();
    session.turnLost();
    session.settle();
    const { events } = session.log;
    const steps = events.filter(({ type }) => type.startsWith('step.'));
    expect(steps.map(({ step, type }) => `${step ?? ''} ${type}`)).toEqual([
      ...['t1.1 step.started', 't1.1 step.completed', 't1.2 step.started', 't1.2 step.failed'],
    ]);
    expect(events.at(-1)).toMatchObject({ data: { code: 'worker_lost' } });
    expect(session.machine.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'failed' });
  });

  test('before a worker took it says so', () => {
    const session = running();
    session.turnLost();
    session.settle();
    expect(session.log.events.at(-1)).toMatchObject({
      type: 'turn.failed',
      data: { code: 'no_worker_for_agent' },
    });
  });

  test('has the end that it made durable', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.end(true);
    session.turnLost();
    session.settle();
    expect(types(session.log.events).slice(-2)).toEqual(['step.completed', 'turn.completed']);
    expect(session.machine.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
  });

  test('after its cancel was shown, is over', () => {
    const session = running();
    session.cancel(undefined);
    publishes(session);
    session.turnLost();
    expect(session.machine.turns.current).toBeNull();
    expect(session.machine.receipt('m1')).toMatchObject({ turnStatus: 'cancelled' });
  });

  test('after its cancel, is cancelled, and so are its open steps', () => {
    const session = running();
    session.turn?.begin();
    session.cancel(undefined);
    session.turnLost();
    session.settle();
    expect(types(session.log.events).slice(-2)).toEqual(['step.cancelled', 'turn.cancelled']);
  });

  test('after it was told to stop one step, goes on with what was durable', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.end(false);
    session.turn?.begin();
    session.cancelStep('t1.2');
    publishes(session);
    session.turnLost(true);
    session.act();
    expect(session.turn?.input.journal.entries).toMatchObject([{ path: '1', outcome: 'completed' }]);
    session.settle();
    const ends = session.log.events.filter(({ type }) =>
      /(step|turn)\.(completed|cancelled|failed)/.test(type),
    );
    expect(types(ends)).toEqual(['step.completed', 'step.cancelled', 'turn.completed']);
  });

  test('and is cancelled meanwhile, has one end', () => {
    const session = running();
    session.turn?.begin();
    session.turnLost();
    expect(session.machine.cancel('t1', 1_000)).toEqual({ status: 'cancelling', turn: 't1' });
    session.settle();
    expect(types(session.log.events).slice(-2)).toEqual(['step.failed', 'turn.failed']);
    expect(session.machine.facts.pending()).toEqual([]);
  });
});

test('a turn that is cancelled right after one of its steps ends after all of them', () => {
  const session = running();
  session.turn?.begin();
  session.turn?.begin();
  session.cancelStep('t1.1');
  session.cancel(undefined);
  session.settle();
  expect(types(session.log.events).slice(-3)).toEqual(['step.cancelled', 'step.cancelled', 'turn.cancelled']);
});

describe('a turn that comes back with facts that the log does not have', () => {
  test('leaves them to be published', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.end(false);
    session.cancel(undefined);
    session.turnStops();
    session.turnReports();
    expect(session.machine.facts.pending().map(({ id }) => id)).toEqual(['turn:t1:end', 'step:t1.1:end']);
  });
});

describe('a turn that is over without an end', () => {
  test('asks the log, which may have one', () => {
    const session = running();
    session.turn?.finish();
    const back = session.turn!.result!;
    session.machine.back(session.turn!.input, { ...back, report: { ...back.report, events: [] } }, 1_000);
    session.activities.clear();
    expect(session.machine.turns.isUnended).toBe(true);
    session.settle();
    expect(session.machine.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
  });
});
