/** The rules of a session, one by one: what comes in, and what is handed on. */
import { describe, expect, test } from '@jest/globals';
import { eventId, LIMITS, type EventDraft } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { Simulation } from './simulation.ts';
import { INPUT, message } from './support.ts';

const NOW = 1_000;

const types = (drafts: readonly EventDraft[]): string[] => drafts.map((draft) => draft.type);

/** A session whose first turn runs. */
function running(): Simulation {
  const session = new Simulation();
  session.send('m1');
  session.act();
  return session;
}

/** One that has answered its first message. */
function answered(): Simulation {
  const session = new Simulation();
  session.send('m1');
  session.settle();
  return session;
}

describe('a message', () => {
  test('opens a turn of its own', () => {
    const session = new Simulation();
    session.send('m1');
    const { machine } = session;
    expect(types(machine.facts.pending())).toEqual(['session.created', 'message.accepted']);
    expect(machine.receipt('m1')).toEqual({ session: 's', messageId: 'm1', status: 'accepted', turn: 't1' });
    session.act();
    expect(session.turn?.input).toMatchObject({ turn: 't1', causes: ['m1'], closing: false });
    expect(types(session.turn?.input.lead ?? [])).toEqual([
      'session.created',
      'message.accepted',
      'turn.started',
    ]);
    expect(machine.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'running' });
    session.settle();
    expect(machine.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  });

  test('waits while a turn runs', () => {
    const session = running();
    session.send('m2');
    const { machine } = session;
    expect(machine.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
    expect(machine.facts.pending().at(-1)).toMatchObject({
      type: 'message.accepted',
      data: { queued: true },
    });
    session.settle();
    expect(machine.receipt('m2')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  });

  test('does not wait for a turn whose end its sender has seen', () => {
    const session = running();
    session.send('m2', 'next', { ended: 't1' });
    const { machine } = session;
    expect(machine.receipt('m2')).toMatchObject({ status: 'accepted', turn: 't2' });
    expect(machine.facts.pending().at(-1)).toMatchObject({
      type: 'message.accepted',
      data: { queued: false },
    });
  });

  test('has one receipt, whatever is sent again under its id', () => {
    const session = new Simulation();
    session.send('m1');
    session.send('m1', 'another text');
    expect(session.machine.facts.pending()).toHaveLength(2);
    session.settle();
    session.send('m1');
    expect(session.machine.facts.pending()).toEqual([]);
    expect(session.machine.state(0)).toMatchObject({ turns: 1, queued: 0 });
  });

  test('is refused when too many wait; sent again, it is taken as soon as there is room', () => {
    const session = new Simulation();
    for (let n = 0; n < LIMITS.inboxMessages; n += 1) session.send(`m${n}`);
    session.send('late');
    session.send('late');
    const { machine } = session;
    expect(machine.receipt('late')).toMatchObject({ status: 'rejected', code: 'inbox_full' });
    session.act();
    session.send('late');
    const turn = `t${LIMITS.inboxMessages + 1}`;
    expect(machine.receipt('late')).toEqual({ session: 's', messageId: 'late', status: 'queued', turn });
    session.settle();
    const told = session.log.events.filter((event) => event.cause === 'late').map((event) => event.type);
    expect(told.slice(0, 3)).toEqual(['message.rejected', 'message.accepted', 'turn.started']);
    expect(machine.receipt('late')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  });

  test('is refused when those that wait are too long together: a run must be able to hand them to the next', () => {
    const session = new SessionMachine(INPUT, NOW);
    for (let n = 0; n < LIMITS.inboxMessages; n += 1) {
      session.accept(message(`m${n}`, 'x'.repeat(LIMITS.messageChars)), NOW);
    }
    expect(session.receipt('m0')).toMatchObject({ status: 'accepted' });
    expect(session.receipt(`m${LIMITS.inboxMessages - 1}`)).toMatchObject({ code: 'inbox_full' });
    expect(JSON.stringify(session.carry()).length).toBeLessThan(2 * LIMITS.inboxChars);
  });

  test('is refused once the session closes', () => {
    const session = new Simulation();
    session.close();
    session.send('m1');
    expect(session.machine.receipt('m1')).toMatchObject({ status: 'rejected', code: 'session_closed' });
  });

  test('that waits is remembered, however many are refused after it', () => {
    const session = new Simulation();
    for (let n = 0; n < LIMITS.inboxMessages; n += 1) session.send(`m${n}`);
    for (let n = 0; n < LIMITS.receiptsKept; n += 1) session.send(`flood${n}`);
    session.act();
    session.send('m0');
    session.send('m1');
    expect(session.machine.state(0).turns).toBe(LIMITS.inboxMessages);
    expect(session.machine.carry().receipts).toHaveLength(LIMITS.receiptsKept);
  });
});

describe('a cancel', () => {
  test('of a turn that waits for its start ends it before', () => {
    const session = running();
    session.send('m2');
    const { machine } = session;
    expect(machine.cancel('t2', NOW)).toEqual({ status: 'cancelling', turn: 't2' });
    expect(machine.receipt('m2')).toMatchObject({ status: 'rejected', code: 'turn_cancelled' });
    expect(machine.facts.pending().at(-1)).toMatchObject({ id: 'turn:t2:end', type: 'turn.cancelled' });
    expect(machine.cancel('t2', NOW)).toEqual({ status: 'ended', turn: 't2' });
    expect(machine.state(0)).toMatchObject({ queued: 0, running: { turn: 't1' } });
  });

  test('without a turn means the one that runs, or else the next', () => {
    const session = running();
    session.send('m2');
    const { machine } = session;
    expect(machine.cancel(undefined, NOW)).toEqual({ status: 'cancelling', turn: 't1' });
    session.act();
    session.publishLands();
    session.publishReports();
    session.turnStops();
    session.turnReports();
    expect(machine.cancel(undefined, NOW)).toEqual({ status: 'cancelling', turn: 't2' });
    expect(machine.cancel(undefined, NOW)).toEqual({ status: 'none' });
  });

  test('of a turn that has ended, or never was, changes nothing', () => {
    const { machine } = answered();
    expect(machine.cancel('t1', NOW)).toEqual({ status: 'ended', turn: 't1' });
    for (const unknown of ['t2', 't0', 'x', '']) {
      expect(machine.cancel(unknown, NOW)).toEqual({ status: 'none' });
    }
    expect(machine.facts.pending()).toEqual([]);
  });

  test('that comes after the end in the log changes nothing', () => {
    const session = running();
    session.turn?.finish();
    session.cancel('t1');
    session.settle();
    expect(session.machine.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
    expect(types(session.log.events)).not.toContain('turn.cancelled');
  });

  test('of a running turn ends its open steps, and stops it', () => {
    const session = running();
    session.turn?.begin();
    session.cancel(undefined);
    session.settle();
    expect(types(session.log.events).slice(-3)).toEqual(['step.started', 'step.cancelled', 'turn.cancelled']);
    expect(session.machine.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'cancelled' });
  });
});

describe('closing', () => {
  test('answers what was accepted, then is closed for good', () => {
    const session = new Simulation();
    session.send('m1');
    session.close();
    session.machine.close('again', NOW);
    expect(session.machine.closing).toBe(false);
    session.settle();
    expect(session.machine.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
    expect(session.log.events.at(-1)).toMatchObject({
      type: 'session.closed',
      data: { reason: 'requested' },
    });
    expect(session.machine.closed).toBe(true);
  });

  test('ends the wait of a turn at once', () => {
    const session = running();
    session.turn?.suspend([86_400_000]);
    session.turnReports();
    session.close();
    expect(session.machine.turns.current?.phase).toBe('ready');
    session.act();
    session.publishLands();
    session.publishReports();
    session.act();
    expect(session.turn?.input).toMatchObject({
      ...{ closing: true },
      journal: { entries: [{ path: '1', kind: 'sleep', outcome: 'over' }] },
    });
  });

  test('ends also waits that a running turn comes to later', () => {
    const session = running();
    session.close();
    session.turn?.suspend([86_400_000]);
    session.turnReports();
    expect(session.machine.turns.current?.phase).toBe('ready');
  });
});

describe('a run of the workflow', () => {
  test('hands everything to the next', () => {
    const session = answered();
    session.send('m2');
    session.close();
    const { machine } = session;
    const next = new SessionMachine({ ...INPUT, carried: machine.carry() }, NOW);
    expect(next.events()).toEqual(machine.events());
    expect(next.state(0)).toEqual(machine.state(0));
    expect(next.receipt('m1')).toEqual(machine.receipt('m1'));
    expect(next.carry()).toEqual(machine.carry());
    next.accept(message('m2'), NOW);
    expect(next.runTurn(NOW)).toMatchObject({ turn: 't2', causes: ['m2'] });
  });

  test('hands on what the team keeps, as the newest turn that completed has told it', () => {
    const { machine } = running();
    const memory = { speaker: 'b' };
    const end = { id: eventId.turnEnded('t1'), type: 'turn.completed', at: 1, turn: 't1' } as const;
    machine.report({
      position: { epoch: 1, seq: 9 },
      placed: [],
      events: [{ ...end, seq: 9, data: { memory } }],
    });
    const next = new SessionMachine({ ...INPUT, carried: machine.carry() }, NOW);
    expect(next.runTurn(NOW).memory).toEqual(memory);
    expect(next.carry().memory).toEqual(memory);
  });

  test('hands on a turn that waits, with its journal', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.end(false);
    session.turn?.suspend([50]);
    session.turnReports();
    session.act();
    session.publishLands();
    session.publishReports();
    const before = session.machine;
    session.act(true);
    expect(session.machine).not.toBe(before);
    expect(session.machine.turns.current).toMatchObject({
      phase: 'waiting',
      wakeAt: before.turns.current?.wakeAt,
    });
    session.wake(50);
    session.act();
    expect(session.turn?.input.journal.entries).toMatchObject([
      { path: '1', kind: 'ask', outcome: 'completed' },
      { path: '2', kind: 'sleep', outcome: 'over' },
    ]);
    session.settle();
    expect(session.machine.receipt('m1')).toMatchObject({ turnStatus: 'completed' });
  });

  test('does not end while an activity runs, or a turn has no end', () => {
    const session = running();
    expect(session.machine.atRest).toBe(false);
    session.turnLost();
    expect(session.machine.atRest).toBe(false);
    session.settle();
    expect(session.machine.atRest).toBe(true);
  });

  test('does not end while the log may lack what it holds', () => {
    const session = answered();
    session.loseLog();
    session.machine.facts.learn(session.log.position);
    expect(session.machine.atRest).toBe(false);
    session.settle();
    expect(session.machine.atRest).toBe(true);
  });
});
