/** Facts on their way from a decision to the archive. */
import { describe, expect, test } from '@jest/globals';
import type { EventDraft } from '../../src/contracts/index.ts';
import { Facts } from '../../workflows/facts.ts';
import { HeldEvents } from '../../workflows/held-events.ts';
import { FakeLog } from './support.ts';

function decided(...ids: string[]): Facts {
  const facts = new Facts();
  for (const id of ids) facts.decide('step.started', id, 1, {});
  return facts;
}

const ids = (drafts: readonly EventDraft[]): string[] => drafts.map((draft) => draft.id);

describe('a fact is in the outbox, in flight or held, never in two of them', () => {
  test('it moves with its carrier', () => {
    const facts = decided('a', 'b');
    expect(facts.hasDrafts).toBe(true);
    const drafts = facts.takeDrafts();
    expect(ids(drafts)).toEqual(['a', 'b']);
    expect(facts.hasDrafts).toBe(false);
    expect(ids(facts.pending())).toEqual(['a', 'b']);
    facts.report(new FakeLog().append(drafts), false);
    expect(facts.pending()).toEqual([]);
    expect(ids(facts.held())).toEqual(['a', 'b']);
  });

  test('a carrier that failed gives its facts back, in front of later ones', () => {
    const facts = decided('a', 'b');
    const drafts = facts.takeDrafts();
    facts.decide('step.started', 'c', 1, {});
    facts.returnDrafts(drafts);
    expect(ids(facts.takeDrafts())).toEqual(['a', 'b', 'c']);
  });

  test('a carrier that had failed, but had carried, leaves nothing to carry', () => {
    const facts = decided('a');
    const log = new FakeLog();
    const drafts = facts.takeDrafts();
    const report = log.append(drafts);
    facts.returnDrafts(drafts);
    facts.report(report, false);
    expect(facts.hasDrafts).toBe(false);
    expect(ids(facts.held())).toEqual(['a']);
  });

  test('a later carrier takes along what an earlier one has not reported: the log keeps the order of the decisions', () => {
    const facts = decided('a');
    const first = facts.takeDrafts();
    facts.decide('step.started', 'b', 1, {});
    const second = facts.takeDrafts();
    const log = new FakeLog();
    const reports = [log.append(second), log.append(first)];
    expect(ids(log.events)).toEqual(['a', 'b']);
    for (const report of reports) facts.report(report, false);
    expect(facts.pending()).toEqual([]);
    expect(facts.held().map((event) => event.seq)).toEqual([1, 2]);
  });

  test('of two ends for one step the one in the log is held', () => {
    const facts = new Facts();
    facts.decide('step.cancelled', 'step:t1.1:end', 1, { reason: '', text: '' });
    const log = new FakeLog();
    const stored: EventDraft = { id: 'step:t1.1:end', type: 'step.completed', at: 1, data: { text: 'done' } };
    log.append([stored]);
    facts.report(log.append(facts.takeDrafts()), false);
    expect(facts.held().map((event) => event.type)).toEqual(['step.completed']);
    expect(facts.pending()).toEqual([]);
  });
});

describe('known only grows', () => {
  test('an older report does not take it back', () => {
    const facts = new Facts();
    const report = (epoch: number, seq: number): void => {
      facts.report({ position: { epoch, seq }, placed: [], events: [] }, false);
    };
    report(5, 10);
    report(5, 9);
    expect(facts.known).toEqual({ epoch: 5, seq: 10 });
    expect(facts.mustReconcile).toBe(false);
    report(4, 20);
    expect(facts.known).toEqual({ epoch: 5, seq: 10 });
    expect(facts.mustReconcile).toBe(true);
    report(6, 1);
    expect(facts.known).toEqual({ epoch: 6, seq: 1 });
  });

  test('another epoch asks for reconciling until a reconciling publish has answered', () => {
    const facts = decided('a');
    const log = new FakeLog();
    facts.report(log.append(facts.takeDrafts()), false);
    log.rebuild([{ id: 'x', type: 'step.started', at: 1, data: {} }]);
    facts.report(log.append([]), false);
    expect(facts.mustReconcile).toBe(true);
    expect(new Facts(facts.carry()).mustReconcile).toBe(true);
    facts.report(log.append(facts.held()), true);
    expect(facts.mustReconcile).toBe(false);
    expect(facts.held().map(({ id, seq }) => [id, seq])).toEqual([['a', 2]]);
  });
});

describe('held events', () => {
  const event = (id: string, seq: number): Parameters<HeldEvents['put']>[0] => ({
    ...{ id, seq, type: 'step.completed', at: 1 },
    data: { text: id },
  });

  test('are let go when the archive has them, and their size with them', () => {
    const held = new HeldEvents([event('b', 2), event('a', 1)]);
    expect(ids(held.list())).toEqual(['a', 'b']);
    held.dropTo(1);
    expect(ids(held.list())).toEqual(['b']);
    held.dropTo(2);
    expect(held.chars).toBe(0);
  });

  test('count their size right when they move', () => {
    const held = new HeldEvents([event('a', 1)]);
    held.move('a', 100_000);
    held.dropTo(100_000);
    expect(held.chars).toBe(0);
  });

  test('one event for an id', () => {
    const held = new HeldEvents([event('a', 1), event('a', 7)]);
    expect(held.list().map(({ seq }) => seq)).toEqual([7]);
  });
});
