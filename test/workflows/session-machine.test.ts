/** The rules of a session, one by one. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { EventDraft } from '../../src/contracts/index.ts';
import { SessionMachine } from '../../workflows/session-machine.ts';
import { FakeLog, INPUT, message } from './support.ts';

const NOW = 1_000;

function machine(): SessionMachine {
  return new SessionMachine(INPUT, NOW);
}

const types = (drafts: readonly EventDraft[]): string[] => drafts.map((draft) => draft.type);

/** Runs the next turn to its end, as the workflow does. */
function runTurn(session: SessionMachine, log: FakeLog): void {
  const running = session.startTurn(NOW);
  session.startStep(running, 'a', NOW);
  session.endTurn(running, 'turn.completed', {}, NOW);
  session.report(log.append(session.facts.takeDrafts()));
  session.finishTurn();
}

describe('a message', () => {
  test('opens a turn of its own', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    expect(types(session.facts.takeDrafts())).toEqual(['session.created', 'message.accepted']);
    expect(session.receipt('m1')).toEqual({ session: 's', messageId: 'm1', status: 'accepted', turn: 't1' });
    runTurn(session, new FakeLog());
    expect(session.receipt('m1')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  });

  test('waits while a turn runs', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    session.startTurn(NOW);
    session.accept(message('m2'), NOW);
    expect(session.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
    expect(session.facts.pending().at(-1)).toMatchObject({
      type: 'message.accepted',
      data: { queued: true },
    });
  });

  test('has one fate, whatever is sent again under its id', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    const before = session.facts.pending().length;
    session.accept(message('m1', 'another text'), NOW);
    runTurn(session, new FakeLog());
    session.accept(message('m1'), NOW);
    expect(before).toBe(2);
    expect(session.facts.pending()).toEqual([]);
    expect(session.state(0)).toMatchObject({ turns: 1, queued: 0 });
  });

  test('is refused when too many wait; sent again, it is taken as soon as there is room', () => {
    const session = machine();
    const log = new FakeLog();
    for (let n = 0; n < LIMITS.inboxMessages; n += 1) session.accept(message(`m${n}`), NOW);
    session.accept(message('late'), NOW);
    session.accept(message('late'), NOW);
    expect(session.receipt('late')).toMatchObject({ status: 'rejected', code: 'inbox_full' });
    session.report(log.append(session.facts.takeDrafts()));
    session.startTurn(NOW);
    session.accept(message('late'), NOW);
    const turn = `t${LIMITS.inboxMessages + 1}`;
    expect(session.receipt('late')).toEqual({ session: 's', messageId: 'late', status: 'queued', turn });
    session.report(log.append(session.facts.takeDrafts()));
    session.accept(message('late'), NOW);
    expect(session.facts.pending()).toEqual([]);
    const fate = log.events.filter((event) => event.cause === 'late').map((event) => event.type);
    expect(fate).toEqual(['message.rejected', 'message.accepted']);
  });

  test('is refused when those that wait are too long together: a run must be able to hand them to the next', () => {
    const session = machine();
    for (let n = 0; n < LIMITS.inboxMessages; n += 1) {
      session.accept(message(`m${n}`, 'x'.repeat(LIMITS.messageChars)), NOW);
    }
    expect(session.receipt('m0')).toMatchObject({ status: 'accepted' });
    expect(session.receipt(`m${LIMITS.inboxMessages - 1}`)).toMatchObject({ code: 'inbox_full' });
    expect(JSON.stringify(session.carry()).length).toBeLessThan(2 * LIMITS.inboxChars);
  });

  test('is refused once the session closes', () => {
    const session = machine();
    session.close('requested');
    session.accept(message('m1'), NOW);
    expect(session.receipt('m1')).toMatchObject({ status: 'rejected', code: 'session_closed' });
  });

  test('that waits is remembered, however many are refused after it', () => {
    const session = machine();
    for (let n = 0; n < LIMITS.inboxMessages; n += 1) session.accept(message(`m${n}`), NOW);
    for (let n = 0; n < LIMITS.receiptsKept; n += 1) session.accept(message(`flood${n}`), NOW);
    session.startTurn(NOW);
    session.accept(message('m0'), NOW);
    session.accept(message('m1'), NOW);
    expect(session.state(0).turns).toBe(LIMITS.inboxMessages);
    expect(session.carry().receipts).toHaveLength(LIMITS.receiptsKept);
  });
});

describe('a cancel', () => {
  test('of a turn that waits ends it before it starts', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    session.accept(message('m2'), NOW);
    expect(session.cancel('t2', NOW)).toEqual({ status: 'cancelling', turn: 't2' });
    expect(session.receipt('m2')).toMatchObject({ status: 'rejected', code: 'turn_cancelled' });
    expect(session.facts.pending().at(-1)).toMatchObject({ id: 'turn:t2:end', type: 'turn.cancelled' });
    expect(session.cancel('t2', NOW)).toEqual({ status: 'ended', turn: 't2' });
    expect(session.state(0).queued).toBe(1);
  });

  test('without a turn means the one that runs, or else the next', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    session.accept(message('m2'), NOW);
    const running = session.startTurn(NOW);
    expect(session.cancel(undefined, NOW)).toEqual({ status: 'cancelling', turn: 't1' });
    expect(running.cancelled).toBe(true);
    session.finishTurn();
    expect(session.cancel(undefined, NOW)).toEqual({ status: 'cancelling', turn: 't2' });
    expect(session.cancel(undefined, NOW)).toEqual({ status: 'none' });
  });

  test('of a turn that has ended, or never was, changes nothing', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    runTurn(session, new FakeLog());
    expect(session.cancel('t1', NOW)).toEqual({ status: 'ended', turn: 't1' });
    for (const unknown of ['t2', 't0', 'x', ''])
      expect(session.cancel(unknown, NOW)).toEqual({ status: 'none' });
    expect(session.facts.pending()).toEqual([]);
  });

  test('of a running turn whose end the log has comes too late', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    const running = session.startTurn(NOW);
    session.endTurn(running, 'turn.completed', {}, NOW);
    session.report(new FakeLog().append(session.facts.takeDrafts()));
    expect(session.cancel('t1', NOW)).toEqual({ status: 'ended', turn: 't1' });
    expect(running.cancelled).toBe(false);
  });
});

describe('closing', () => {
  test('answers what was accepted, then is closed for good', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    session.close('requested');
    session.close('again');
    expect(session.closing).toBe(false);
    runTurn(session, new FakeLog());
    expect(session.closing).toBe(true);
    session.finish(NOW);
    expect(session.closed).toBe(true);
    expect(session.facts.pending()).toMatchObject([
      { type: 'session.closed', data: { reason: 'requested' } },
    ]);
  });
});

describe('a run of the workflow', () => {
  test('hands everything to the next', () => {
    const session = machine();
    const log = new FakeLog();
    session.accept(message('m1'), NOW);
    runTurn(session, log);
    session.accept(message('m2'), NOW);
    session.close('requested');
    const next = new SessionMachine({ ...INPUT, carried: session.carry() }, NOW);
    expect(next.events()).toEqual(session.events());
    expect(next.state(0)).toEqual(session.state(0));
    expect(next.receipt('m1')).toEqual(session.receipt('m1'));
    next.accept(message('m2'), NOW);
    expect(next.startTurn(NOW)).toMatchObject({ turn: 't2', cause: 'm2' });
  });

  test('may end while facts wait: they go with it', () => {
    const session = machine();
    session.accept(message('m1'), NOW);
    expect(session.atRest).toBe(true);
    session.startTurn(NOW);
    expect(session.atRest).toBe(false);
  });
});
