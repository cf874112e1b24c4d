/** A turn waits for a place among those of its tenant: it asks when it is called, or when its time has come, and forgets nothing meanwhile. */
import { describe, expect, test } from '@jest/globals';
import type { TurnWait } from '../../../src/contracts/index.ts';
import { approvalAt, Approving } from './approving.ts';

const place = (since = 100, until = 900): TurnWait => ({
  ...{ path: '', kind: 'retry', key: 'runningTurns' },
  ...{ since, until },
});

describe('a turn that waits for a place', () => {
  test('goes on when it is called, and says since when it waits until it has the place', () => {
    const turn = new Approving(place());
    expect(turn.session.waits.at).toBe(900);
    expect(turn.session.waits.called()).toBe(true);
    const asks = turn.run({ waits: [place(100, 950)] });
    expect(asks).toMatchObject({ placeSince: 100, journal: { entries: [] } });
    turn.session.waits.wake(950, false);
    const runs = turn.run({ waits: [{ path: '1', kind: 'sleep', key: '5', until: 2_000 }] });
    expect(runs.placeSince).toBe(100);
    expect(turn.session.waits.called()).toBe(false);
    turn.session.waits.wake(2_000, false);
    expect(turn.session.runTurn(turn.now)).not.toHaveProperty('placeSince');
  });

  test('asks again at once if it is called while it asks', () => {
    const turn = new Approving(place());
    turn.session.waits.wake(900, false);
    const input = turn.session.runTurn(turn.now);
    expect(turn.session.waits.called()).toBe(false);
    turn.back(input, { waits: [place(100, 2_000)] });
    expect(turn.session.turns.current?.phase).toBe('ready');
    // Once.
    turn.run({ waits: [place(100, 2_000)] });
    expect(turn.session.turns.current?.phase).toBe('waiting');
  });

  test('that was called while it did something else does not go on for it', () => {
    const turn = new Approving();
    const input = turn.session.runTurn(turn.now);
    expect(turn.session.waits.called()).toBe(false);
    turn.back(input, { waits: [{ path: '1', kind: 'sleep', key: '5', until: 2_000 }] });
    expect(turn.session.turns.current?.phase).toBe('waiting');
  });

  test('does not use up the time that it may run', () => {
    const turn = new Approving(place());
    turn.session.waits.called();
    const input = turn.session.runTurn(10);
    turn.now = 60_010;
    turn.back(input, { waits: [place()] });
    turn.session.waits.called();
    expect(turn.session.runTurn(60_020)).not.toHaveProperty('ranMs');
  });

  test('goes on waiting in the next run of its workflow', () => {
    const turn = new Approving(place());
    turn.continueAsNew();
    expect(turn.session.waits.at).toBe(900);
    expect(turn.session.waits.called()).toBe(true);
    expect(turn.session.runTurn(turn.now).placeSince).toBe(100);
  });

  test('is over at once when it is cancelled', () => {
    const turn = new Approving(place());
    expect(turn.session.cancel('t1', 5)).toMatchObject({ status: 'cancelling' });
    expect(turn.session.turns.current?.phase).toBe('over');
  });

  test('keeps what it has asked people for, and what they say meanwhile', () => {
    const approval = approvalAt('1', { amount: 1 });
    const question: TurnWait = { path: '2', kind: 'person', key: 'Maria', text: 'Yes?', until: 800 };
    const sleep: TurnWait = { path: '3', kind: 'sleep', key: '5', until: 300 };
    const turn = new Approving(approval, question, sleep);
    turn.session.waits.wake(300, false);
    turn.run({ waits: [place()] });
    expect(turn.session.waits.approvals).toHaveLength(1);
    expect(turn.vote('ann')).toMatchObject({ status: 'decided' });
    expect(turn.session.turns.current?.phase).toBe('waiting');
    turn.session.waits.called();
    const { approval: _told, ...again } = approval;
    turn.run({ waits: [again, question] });
    expect(turn.session.turns.current?.phase).toBe('ready');
    expect(turn.session.turns.current?.journal.entries).toMatchObject([
      { path: '3', kind: 'sleep' },
      { path: '1', kind: 'approval', outcome: 'approved' },
    ]);
    const { facts } = turn.session;
    const told = [...facts.held(), ...facts.pending()].map(({ type }) => type);
    expect(told.filter((type) => type === 'person.asked')).toHaveLength(1);
    expect(told).not.toContain('person.unanswered');
  });
});
