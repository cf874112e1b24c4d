/** What a session looks like after its log, or an execution of a turn, was lost in mid-turn. */
import { describe, expect, test } from '@jest/globals';
import type { EventDraft } from '../../../src/contracts/index.ts';
import { publishes, running } from './running.ts';

const types = (drafts: readonly EventDraft[]): string[] => drafts.map((draft) => draft.type);

describe('after a log was lost in mid-turn', () => {
  test('a step whose start comes back after the end of its turn gets an end', () => {
    const session = running();
    session.turn?.begin();
    session.cancel(undefined);
    session.loseLog();
    publishes(session);
    session.turnStops();
    session.turnReports();
    session.settle();
    expect(types(session.log.events).slice(-3)).toEqual(['turn.cancelled', 'step.started', 'step.cancelled']);
    expect(session.log.isOpen('t1.1')).toBe(false);
  });

  test('its steps are closed, though its end is there already and their start is archived', () => {
    const session = running();
    session.turn?.begin();
    session.turn?.suspend([]);
    session.turnReports();
    session.act(true); // another run of the workflow, which does not hold the start
    session.wake(5);
    session.act();
    session.send('m2');
    session.act(); // publishes the message
    session.cancel(undefined);
    session.loseLog(); // built anew with the cancel, which nobody has carried yet
    session.turn?.begin(); // finds it
    session.turnReports();
    session.settle();
    expect(types(session.log.events).filter((type) => type === 'step.cancelled')).toHaveLength(1);
    expect(session.log.isOpen('t1.1')).toBe(false);
  });

  test('a message that joined a turn comes before that, though another turn has brought it to the log', () => {
    const session = running();
    session.turn?.begin();
    session.send('beside', 'now', { policy: 'parallel' });
    session.send('joins', 'now', { policy: 'steer' });
    session.act(); // starts the turn beside, which carries both messages
    const [first, beside] = session.working;
    beside?.begin();
    first?.begin(); // takes in the message
    first?.finish();
    session.turnReports(first);
    session.loseLog();
    session.settle();
    session.end();
    const facts = session.archive.filter(({ turn, cause }) => turn === 't3' || cause === 'joins');
    expect(types(facts)).toEqual(['message.accepted', 'turn.merged']);
  });
});

test('the end of a turn ends a step that only an execution that was lost has begun', () => {
  const session = running();
  session.turn?.begin();
  session.turn?.begin();
  session.turnLost(true);
  session.act();
  session.turn?.begin();
  session.turn?.end(true);
  session.settle();
  expect(session.log.isOpen('t1.2')).toBe(false);
  expect(session.log.find('step:t1.2:end')).toMatchObject({ type: 'step.cancelled' });
});
