/** What a session holds and hands on is bounded, however long the log is away. */
import { describe, expect, test } from '@jest/globals';
import { eventId, LIMITS, type JournalEntry, type LoggedEvent } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { FakeLog } from './fake-log.ts';
import { INPUT, message } from './support.ts';

const NOW = 1_000;
/** Temporal refuses more in one payload. */
const PAYLOAD_BYTES = 2 * 1024 * 1024;

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('while the log is away', () => {
  test('of thousands of messages that are refused, the first refusals are facts, of the others their receipts tell', () => {
    const session = new SessionMachine(INPUT, NOW);
    for (let n = 0; n < 5_000; n += 1) session.accept(message(`m${n}`), NOW);
    const rejected = session.facts.pending().filter((draft) => draft.type === 'message.rejected');
    expect(rejected).toHaveLength(LIMITS.outboxRejections);
    expect(session.receipt('m4999')).toMatchObject({ status: 'rejected', code: 'inbox_full' });
    session.report(new FakeLog().append(session.facts.takeDrafts()));
    session.accept(message('later'), NOW);
    expect(session.facts.pending()).toMatchObject([{ id: eventId.messageRejected('later') }]);
  });

  test('messages that are sent and cancelled again are refused at last', () => {
    const session = new SessionMachine(INPUT, NOW);
    for (let n = 0; n < 2_000; n += 1) {
      // Three bytes of UTF-8 for each code unit.
      session.accept(message(`m${n}`, '語'.repeat(LIMITS.messageChars)), NOW);
      session.cancel(undefined, NOW);
    }
    expect(session.receipt('m1999')).toMatchObject({ code: 'inbox_full' });
    expect(bytes(session.facts.takeDrafts())).toBeLessThan(PAYLOAD_BYTES);
    expect(bytes(session.carry())).toBeLessThan(PAYLOAD_BYTES);
    session.report(new FakeLog().append(session.facts.pending()));
    session.accept(message('later'), NOW);
    expect(session.receipt('later')).toMatchObject({ status: 'accepted' });
  });
});

test('the longest turns side by side, the fullest inbox and outbox, messages for later, and all receipts together fit into a payload', () => {
  const session = new SessionMachine({ ...INPUT, session: 's'.repeat(64) }, NOW);
  // They reach the log before it is lost.
  for (let n = 0; n < 1_500; n += 1)
    session.accept({ ...message(`${n}`.padStart(64, 'e')), channel: 'orders' }, NOW);
  session.report(new FakeLog().append(session.facts.takeDrafts()));
  session.facts.archived(session.facts.known.seq);
  session.accept(message('first'), NOW);
  const input = session.runTurn(NOW);
  const entries = Array.from({ length: LIMITS.journalEntries }, (_, n): JournalEntry => {
    return { path: `${n}.researcher.1`, kind: 'ask', key: 'researcher', outcome: 'completed' };
  });
  const report = { position: { epoch: 7, seq: 3 }, placed: [], events: [] };
  const waits = [{ path: '1', kind: 'sleep' as const, key: '5', until: NOW + 5 }];
  const result = {
    status: 'suspended' as const,
    report,
    entries,
    waits,
    open: {},
    unplaced: [],
    attempts: 1,
  };
  session.back(input, result, NOW);
  for (let lane = 1; lane <= LIMITS.turnsBeside; lane += 1) {
    session.accept({ ...message(`beside${lane}`), policy: 'parallel' }, NOW);
    const beside = session.runTurn(NOW);
    const text = '語'.repeat(Math.floor((LIMITS.turnBesideBytes - 2_000) / 3));
    session.back(beside, { ...result, entries: [{ ...entries[0]!, key: text }] }, NOW);
  }
  const later = { ...message('later', '語'.repeat(10_000)), deliverAt: NOW + 1_000 };
  for (let n = 0; session.receipt(`later${n - 1}`)?.status !== 'rejected'; n += 1)
    session.accept({ ...later, messageId: `later${n}` }, NOW);
  for (let n = 0; n < 2_000; n += 1) {
    session.accept(message(`${n}`.padStart(64, 'm'), '語'.repeat(LIMITS.messageChars)), NOW);
  }
  expect(session.receipt('1999'.padStart(64, 'm'))).toMatchObject({ code: 'inbox_full' });
  const carried = session.carry();
  expect(carried.receipts.filter(({ status }) => status === 'published')).toHaveLength(LIMITS.publishedKept);
  expect(carried.beside).toHaveLength(LIMITS.turnsBeside);
  expect(bytes(carried.later)).toBeGreaterThan(LIMITS.laterBytes * 0.7);
  expect(bytes(carried)).toBeLessThan(PAYLOAD_BYTES);
});

test('the query for the events answers in pages that fit into a payload', () => {
  const session = new SessionMachine(INPUT, NOW);
  const events = Array.from({ length: 16 }, (_, n): LoggedEvent => {
    const step = `t1.${n + 1}`;
    const place = { at: NOW, turn: 't1', step, agent: 'a' };
    const data = { text: '語'.repeat(LIMITS.stepChars) };
    return { ...place, id: eventId.stepEnded(step), type: 'step.completed', data, seq: n + 1 };
  });
  session.report({ position: { epoch: 7, seq: 16 }, placed: [], events });
  session.accept(message('m1'), NOW);
  const found: LoggedEvent[] = [];
  let page = session.events();
  for (;;) {
    expect(bytes(page)).toBeLessThan(PAYLOAD_BYTES);
    expect(page.version).toBe(session.events().version);
    found.push(...page.events);
    if (page.next === undefined) break;
    expect(page.pending).toEqual([]);
    page = session.events(page.next);
  }
  expect(found).toEqual(events);
  expect(page.pending.map((draft) => draft.type)).toEqual(['session.created', 'message.accepted']);
});
