/** Facts on their way from a decision to the archive. */
import { describe, expect, test } from '@jest/globals';
import type { EventDraft } from '../../../src/contracts/index.ts';
import { Facts } from '../../../workflows/facts/facts.ts';
import { FakeLog } from '../rules/fake-log.ts';

function decided(...ids: string[]): Facts {
  const facts = new Facts();
  for (const id of ids) facts.decide('step.started', id, 1, {});
  return facts;
}

const ids = (drafts: readonly EventDraft[]): string[] => drafts.map((draft) => draft.id);

describe('a fact is pending or held, never both', () => {
  test('it moves with its carrier', () => {
    const facts = decided('a', 'b');
    expect(facts.hasDrafts).toBe(true);
    const drafts = facts.takeDrafts();
    expect(ids(drafts)).toEqual(['a', 'b']);
    expect(facts.hasDrafts).toBe(false);
    expect(ids(facts.pending())).toEqual(['a', 'b']);
    facts.report(new FakeLog().append(drafts));
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

  test('the order stays, also when another carrier has the rest', () => {
    const facts = decided('a');
    const first = facts.takeDrafts();
    facts.decide('step.started', 'b', 1, {});
    facts.takeDrafts();
    facts.returnDrafts(first);
    expect(facts.hasDrafts).toBe(true);
    expect(ids(facts.pending())).toEqual(['a', 'b']);
  });

  test('what a carrier had has no need of another once it is reported', () => {
    const facts = decided('a');
    const drafts = facts.takeDrafts();
    facts.report(new FakeLog().append(drafts));
    facts.returnDrafts(drafts);
    expect(facts.hasDrafts).toBe(false);
  });

  test('a carrier that had failed, but had carried, leaves nothing to carry', () => {
    const facts = decided('a');
    const log = new FakeLog();
    const drafts = facts.takeDrafts();
    const report = log.append(drafts);
    facts.returnDrafts(drafts);
    facts.report(report);
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
    for (const report of reports) facts.report(report);
    expect(facts.pending()).toEqual([]);
    expect(facts.held().map((event) => event.seq)).toEqual([1, 2]);
  });

  test('of two ends for one step the one in the log is held', () => {
    const facts = new Facts();
    facts.decide('step.cancelled', 'step:t1.1:end', 1, { reason: '', text: '' });
    const log = new FakeLog();
    const stored: EventDraft = { id: 'step:t1.1:end', type: 'step.completed', at: 1, data: { text: 'done' } };
    log.append([stored]);
    facts.report(log.append(facts.takeDrafts()));
    expect(facts.held().map((event) => event.type)).toEqual(['step.completed']);
    expect(facts.pending()).toEqual([]);
  });
});

describe('known only grows', () => {
  test('an older report does not take it back', () => {
    const facts = new Facts();
    const report = (epoch: number, seq: number): void => {
      facts.report({ position: { epoch, seq }, placed: [], events: [] });
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
    facts.report(log.append(facts.takeDrafts()));
    log.rebuild([{ id: 'x', type: 'step.started', at: 1, data: {} }]);
    facts.report(log.append([]));
    expect(facts.mustReconcile).toBe(true);
    expect(new Facts(facts.carry()).mustReconcile).toBe(true);
    expect(facts.takeReconcile()).toBe(true);
    facts.report(log.append(facts.held()));
    expect(facts.mustReconcile).toBe(false);
    expect(facts.held().map(({ id, seq }) => [id, seq])).toEqual([['a', 2]]);
  });
});

describe('a report of another life that comes while a reconciling publish is under way', () => {
  test('asks for another one: what it told is not in the first', () => {
    const log = new FakeLog();
    const facts = decided('a');
    facts.report(log.append(facts.takeDrafts()));
    const report = log.append([{ id: 'b', type: 'step.started', at: 1, data: {} }]);
    const old = { ...report, events: [log.find('b')!] };
    log.rebuild(facts.held());
    facts.learn(log.position);
    expect(facts.takeReconcile()).toBe(true);
    const reconciled = log.append(facts.held());
    facts.report(old);
    facts.report(reconciled);
    expect(facts.takeReconcile()).toBe(true);
    facts.report(log.append(facts.held()));
    expect(facts.mustReconcile).toBe(false);
    expect(ids(log.events)).toEqual(['a', 'b']);
  });
});

describe('what an activity has decided is adopted', () => {
  const draft = (id: string): EventDraft => ({ id, type: 'step.started', at: 1, data: {} });

  test('after what was decided before, each fact once', () => {
    const facts = decided('a');
    const log = new FakeLog();
    facts.report(log.append(facts.takeDrafts()));
    facts.decide('step.started', 'b', 1, {});
    facts.adopt([draft('a'), draft('b'), draft('c'), draft('c')]);
    expect(ids(facts.pending())).toEqual(['b', 'c']);
    expect(facts.hasDrafts).toBe(true);
  });

  test('and counts', () => {
    const facts = decided('a');
    const before = facts.pendingBytes;
    facts.adopt([draft('b')]);
    expect(facts.pendingBytes).toBeGreaterThan(before + JSON.stringify(draft('b')).length - 1);
    facts.report(new FakeLog().append(facts.takeDrafts()));
    expect(facts.pendingBytes).toBe('[]'.length);
  });
});

describe('the steps of a turn that have no end', () => {
  const start = (step: string, turn: string): EventDraft => {
    return { id: `step:${step}:start`, type: 'step.started', at: 1, turn, step, data: {} };
  };
  const end = (step: string): EventDraft => {
    return { id: `step:${step}:end`, type: 'step.completed', at: 1, step, data: { text: '' } };
  };

  test('are found among what is held and what is pending', () => {
    const facts = new Facts();
    facts.adopt([start('t1.1', 't1'), start('t1.2', 't1'), start('t2.1', 't2'), end('t1.1')]);
    expect(facts.openSteps('t1').map(({ step }) => step)).toEqual(['t1.2']);
    facts.report(new FakeLog().append(facts.takeDrafts()));
    expect(facts.openSteps('t1').map(({ step }) => step)).toEqual(['t1.2']);
    facts.adopt([end('t1.2')]);
    expect(facts.openSteps('t1')).toEqual([]);
  });
});
