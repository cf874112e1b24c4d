/** Admission is told of every message that waits no longer. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/contracts/index.ts';
import { Releases } from '../../../workflows/rules/releases.ts';
import { Simulation } from './simulation.ts';

describe('admission is told of a message', () => {
  test('by the turn that it opens', () => {
    const session = new Simulation();
    session.send('m1');
    session.act();
    session.send('m2');
    expect(session.turn?.input.release).toEqual(['m1']);
    session.turn?.begin();
    expect([...session.log.counted]).toEqual(['m2']);
    session.settle();
    expect([...session.log.counted]).toEqual([]);
  });

  test.each<[string, (session: Simulation) => void]>([
    ['is sent again after its turn began', (session) => session.send('m1')],
    ['is cancelled while it waits', (session) => session.cancel('t2')],
    [
      'is refused',
      (session) => {
        session.close();
        session.send('m3');
      },
    ],
  ])('that %s', (_, happens) => {
    const session = new Simulation();
    session.send('m1');
    session.act();
    session.turn?.begin();
    session.send('m2');
    happens(session);
    session.settle();
    session.send('m4');
    session.settle();
    expect([...session.log.counted].filter((id) => !session.machine.carry().release.includes(id))).toEqual(
      [],
    );
  });

  test('not while it waits, however often it is sent', () => {
    const session = new Simulation();
    session.send('m1');
    session.act();
    session.send('m2');
    session.send('m2');
    expect(session.machine.carry().release).toEqual([]);
  });

  test('again, if the activity that was to tell it is lost', () => {
    const session = new Simulation();
    session.send('m1');
    session.act();
    session.turnLost();
    session.settle();
    expect([...session.log.counted]).toEqual([]);
  });

  test('again, if the activity that was to tell it has written nothing', () => {
    const session = new Simulation();
    session.send('m1');
    session.act();
    session.turn?.yield();
    session.turnReports();
    expect(session.machine.carry().release).toEqual(['m1']);
    session.act();
    session.turn?.begin();
    session.turn?.yield();
    session.turnReports();
    expect(session.machine.carry().release).toEqual([]);
  });
});

describe('what waits to be told', () => {
  test('is each message once', () => {
    const releases = new Releases(['m0']);
    for (let n = 0; n < 1_000; n += 1) releases.add('m1', 'm2');
    expect(releases.take()).toEqual(['m0', 'm1', 'm2']);
    expect(releases.take()).toEqual([]);
  });

  test('is bounded: the newest stay', () => {
    const releases = new Releases();
    const most = 2 * LIMITS.inboxMessages;
    for (let n = 0; n <= most; n += 1) releases.add(`m${n}`);
    expect(releases.list()).toHaveLength(most);
    expect(releases.list().at(-1)).toBe(`m${most}`);
  });
});
