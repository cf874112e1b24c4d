/** What the list tells of a session: what has no answer, who waits for a first token, and what is stuck. */
import { describe, expect, test } from '@jest/globals';
import { factsOf, isStuck } from '../../console/src/pages/sessions/facts.ts';
import { filtersOf, fits } from '../../console/src/pages/sessions/filters.ts';
import type { Facts } from '../../console/src/pages/sessions/facts.ts';
import { FakeLog } from '../client/fake-log.ts';

const MINUTE = 60_000;

function accept(log: FakeLog, messageId: string, turn: string, at: number): void {
  const parts = [{ type: 'text', text: 'hello' }] as const;
  log.append('message.accepted', { messageId, parts, queued: true }, { turn, at });
}

/** A step of t1 that runs since `MINUTE`. */
function working(): FakeLog {
  const log = new FakeLog();
  accept(log, 'm1', 't1', MINUTE);
  log.append('turn.started', { messageIds: ['m1'] }, { turn: 't1', at: MINUTE });
  log.append('step.started', {}, { turn: 't1', step: 't1.1', agent: 'ann', attempt: 1, at: MINUTE });
  return log;
}

describe('the oldest message without an answer', () => {
  test('is that of the running turn, then that of the next one', () => {
    const log = working();
    accept(log, 'm2', 't2', 2 * MINUTE);
    expect(factsOf(log.view).unansweredSince).toBe(MINUTE);
    log.say('t1.1', 'Yes.');
    log.complete('t1', 't1.1');
    log.append('turn.completed', {}, { turn: 't1' });
    expect(factsOf(log.view).unansweredSince).toBe(2 * MINUTE);
    log.append(
      'turn.cancelled',
      { reason: { code: 'asked', message: 'Somebody asked for it.' } },
      { turn: 't2' },
    );
    expect(factsOf(log.view).unansweredSince).toBeUndefined();
  });

  test('is none that was refused', () => {
    const log = new FakeLog();
    log.append('message.rejected', { messageId: 'm1', code: 'rate_limited' }, {});
    expect(factsOf(log.view).unansweredSince).toBeUndefined();
  });
});

test('a model that was asked is silent until its first word', () => {
  const log = working();
  expect(factsOf(log.view)).toMatchObject({ speaking: ['ann'], silentSince: MINUTE });
  log.think('t1.1', 'Hm.');
  expect(factsOf(log.view).silentSince).toBeUndefined();
});

describe('who waits for the provider', () => {
  const summary = {
    id: 's',
    tenant: 'x',
    team: 'parallel',
    status: 'open',
    createdAt: 1,
    workflowId: 'x:s',
  } as const;
  const isListed = (log: FakeLog, waits: string, now: number): boolean =>
    fits(filtersOf(new URLSearchParams({ waits })), summary, factsOf(log.view), now);

  test('is listed from 3 s without a first token on, also while another one speaks', () => {
    const log = working();
    expect(isListed(log, 'provider', MINUTE + 2_999)).toBe(false);
    for (const waits of ['provider', 'any']) expect(isListed(log, waits, MINUTE + 3_001)).toBe(true);
    for (const waits of ['people', 'queue']) expect(isListed(log, waits, MINUTE + 3_001)).toBe(false);
    log.append('step.started', {}, { turn: 't1', step: 't1.2', agent: 'ben', attempt: 1, at: MINUTE });
    expect(factsOf(log.view).isSaying).toBe(false);
    log.say('t1.2', 'Yes.');
    expect(isListed(log, 'provider', MINUTE + 3_001)).toBe(true);
    expect(factsOf(log.view)).toMatchObject({ silentSince: MINUTE, isSaying: true });
    log.say('t1.1', 'No.');
    expect(isListed(log, 'provider', 2 * MINUTE)).toBe(false);
  });

  test('is not one whose tool runs', () => {
    const log = working();
    log.say('t1.1', 'I look it up.');
    const use = { id: 'c', tool: 'records', input: {} };
    log.append('step.started', { use }, { turn: 't1', step: 't1.1.c', agent: 'ann', attempt: 1, at: MINUTE });
    expect(isListed(log, 'provider', 2 * MINUTE)).toBe(false);
  });
});

test('what hangs is stuck, however many messages come meanwhile; a word ends that', () => {
  const log = working();
  let facts: Facts = factsOf(log.view);
  const hear = (now: number): void => void (facts = factsOf(log.view, facts, now));
  accept(log, 'm2', 't2', 3 * MINUTE);
  hear(3 * MINUTE);
  expect([facts.lastAt, isStuck(facts, 3 * MINUTE)]).toEqual([3 * MINUTE, true]);
  log.say('t1.1', 'Yes');
  hear(4 * MINUTE);
  expect(isStuck(facts, 4 * MINUTE + 1_000)).toBe(false);
});
