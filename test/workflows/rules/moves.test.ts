/** What the session's loop does next: facts ride along where they can, and are published where they must. */
import { describe, expect, test } from '@jest/globals';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { nextMove } from '../../../workflows/rules/moves.ts';
import { Simulation } from './simulation.ts';
import { INPUT } from './support.ts';

const idleWork = { busy: [], isFull: () => false, isOverfull: () => false };

/** A session that has said that it was created. */
function idle(): Simulation {
  const session = new Simulation();
  session.settle();
  return session;
}

const next = (session: Simulation, full = false): ReturnType<typeof nextMove> => session.next(full);

describe('facts', () => {
  test('are published when nothing else happens', () => {
    expect(nextMove(new SessionMachine(INPUT, 1), idleWork)).toBe('publish');
    expect(next(idle())).toBeNull();
  });

  test('ride along with the turn that is about to start, or to go on', () => {
    const session = idle();
    session.send('m1');
    expect(next(session)).toBe('run');
    session.act();
    session.turn?.begin();
    session.turn?.yield();
    session.turnReports();
    session.send('m2');
    expect(next(session)).toBe('run');
  });

  test('are published while a turn runs, unless it is about to come back', () => {
    const session = idle();
    session.send('m1');
    session.act();
    session.send('m2');
    expect(next(session)).toBe('publish');
    session.act();
    session.publishLands();
    session.publishReports();
    session.send('m3', 'next', { ended: 't1' });
    expect(next(session)).toBeNull();
    session.cancel('t1');
    expect(next(session)).toBe('publish');
  });

  test('are published while a turn waits', () => {
    const session = idle();
    session.send('m1');
    session.act();
    session.turn?.begin();
    session.turn?.end(false);
    session.turn?.suspend([50]);
    session.turnReports();
    expect(next(session)).toBeNull();
    session.send('m2');
    expect(next(session)).toBe('publish');
  });
});

describe('a run that is full', () => {
  test('ends at rest: idle, between two activities of a turn, while one waits', () => {
    const session = idle();
    expect(next(session, true)).toBe('continue');
    session.send('m1');
    expect(next(session, true)).toBe('continue');
    session.act();
    session.turn?.begin();
    session.turn?.yield();
    session.turnReports();
    expect(next(session, true)).toBe('continue');
    session.act();
    session.turn?.suspend([50]);
    session.turnReports();
    expect(next(session, true)).toBe('continue');
  });

  test('goes on while an activity runs, facts are to be published, or the log has changed', () => {
    const session = idle();
    session.send('m1');
    session.act();
    expect(next(session, true)).toBeNull();
    session.send('m2');
    expect(next(session, true)).toBe('publish');
    session.settle();
    session.loseLog();
    session.machine.facts.learn(session.log.position);
    expect(next(session, true)).toBe('publish');
  });
});

test('a session that closes finishes when nothing waits any more', () => {
  const session = idle();
  session.send('m1');
  session.close();
  expect(next(session)).toBe('run');
  session.settle();
  expect(session.machine.closed).toBe(true);
  expect(next(session)).toBeNull();
});
