/** Which summary is the newest: as a turn journals it, and as events tell it. */
import { describe, expect, test } from '@jest/globals';
import {
  ForkedPast,
  RunRecord,
  summaryAfter,
  summaryOf,
  type EventDraft,
  type JournalEntry,
  type LoggedEvent,
} from '../../src/contracts/index.ts';

const entry = (n: number, upTo: number, outcome: 'completed' | 'failed'): JournalEntry => ({
  ...{ path: `s${n}`, kind: 'summary', key: String(upTo), seq: upTo * 10, outcome },
});

const made = (step: string, upTo: number): EventDraft => ({
  ...{ id: `step:${step}:end`, type: 'step.completed', at: 1, turn: 't9', step, agent: 'scribe' },
  data: { text: 'in short', summarises: { upTo: `t${upTo}`, seq: upTo * 10 } },
});

describe('the journal of a turn', () => {
  test('names the newest summary, and a failed one beside it', () => {
    expect(summaryAfter(undefined, 't9', [])).toBeUndefined();
    const first = summaryAfter(undefined, 't9', [entry(1, 4, 'completed'), entry(2, 6, 'completed')]);
    expect(first).toEqual({ step: 't9.s2', upTo: 6, seq: 60 });
    const failed = summaryAfter(first, 't12', [entry(1, 9, 'failed')]);
    expect(failed).toEqual({ step: 't9.s2', upTo: 6, seq: 60, failed: 12 });
    expect(summaryAfter(failed, 't20', [entry(1, 15, 'completed')])).toEqual({
      ...{ step: 't20.s1', upTo: 15, seq: 150 },
    });
    expect(summaryAfter(undefined, 't3', [entry(1, 2, 'failed')])).toEqual({ upTo: 0, seq: 0, failed: 3 });
  });
});

test('a fork has the newest summary among the events that it was given, and no other', () => {
  const started: LoggedEvent = {
    ...{ id: 'turn:t9:start', type: 'turn.started', at: 1, turn: 't9', data: { messageIds: [] }, seq: 5 },
  };
  const carried = (events: readonly LoggedEvent[]): unknown => {
    const past = new ForkedPast('fork', [{ ...made('t7.s1', 3), seq: 2 }]);
    past.note(events);
    return past.carry({ session: 'parent', seq: 9 }, { epoch: 1, seq: 9 }, 1).summary;
  };
  expect(carried([started])).toEqual({ step: 't7.s1', upTo: 3, seq: 30 });
  expect(carried([started, { ...made('t9.s1', 6), seq: 6 }])).toEqual({ step: 't9.s1', upTo: 6, seq: 60 });
});

test('a run that was interrupted has left the newest one in its history', () => {
  const info = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 };
  const record = new RunRecord({ tenant: 'acme', session: 's', info });
  const position = { epoch: 1, seq: 7 };
  record.report({ position, placed: [], events: [{ ...made('t9.s1', 6), seq: 7 }] }, 1);
  const end = { run: 'r', reason: 'terminated', at: 1, historyEvents: 1, running: [] } as const;
  expect(record.ended(end).interrupted.ledger.summary).toEqual({ step: 't9.s1', upTo: 6, seq: 60 });
});

test('a plain name is that of an agent of the session, else of a configured one', () => {
  const agents = [{ name: 'a', runner: 'model' }];
  expect(summaryOf({ agent: 'a' }, agents).agent).toBe(agents[0]);
  expect(summaryOf({ agent: 'b', afterChars: 5_000 }, agents)).toEqual({
    agent: { name: 'b', runner: 'configured', use: 'b' },
    afterChars: 5_000,
  });
});
