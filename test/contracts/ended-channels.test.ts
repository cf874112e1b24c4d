/** Channel events of a run that has ended, folded from what its history tells. */
import { describe, expect, test } from '@jest/globals';
import { arrivals, carryOver, eventId, RunRecord } from '../../src/contracts/index.ts';
import type {
  CarriedState,
  EndedRun,
  LoggedEvent,
  Message,
  SessionInput,
} from '../../src/contracts/index.ts';

const INPUT: SessionInput = {
  ...{ tenant: 'acme', session: 's' },
  info: {
    team: { name: 'sequence' },
    agents: [{ name: 'a', runner: 'scripted' }],
    ...{ metadata: {}, createdAt: 1 },
  },
};

function message(messageId: string): Message {
  return { messageId, parts: [{ type: 'text', text: messageId }], receivedAt: 1 };
}

/** A run that has told that it began. */
function begun(): RunRecord {
  const record = new RunRecord(INPUT);
  placed(record, 'session:created');
  return record;
}

/** Facts that a local activity has carried: their places are known, and nothing else. */
function placed(record: RunRecord, ...ids: readonly string[]): void {
  const first = ids[0] === 'session:created' ? 1 : 2;
  const places = ids.map((id, index) => ({ id, seq: first + index }));
  record.report({ position: { epoch: 7, seq: first + ids.length - 1 }, placed: places, events: [] }, 3);
}

function end(record: RunRecord): EndedRun {
  return record.ended({ run: 'r1', reason: 'terminated', at: 9, historyEvents: 20, running: [] });
}

function carry(run: EndedRun, events: readonly LoggedEvent[] = run.events): CarriedState {
  return carryOver(run.interrupted, events, { head: { epoch: 7, seq: 99 }, at: 10 });
}

describe('channel events', () => {
  const order = (messageId: string): Message => ({ ...message(messageId), channel: 'orders' });
  const direct = (messageId: string): Message => ({ ...order(messageId), from: 'Ada', to: ['Bob'] });
  const isPublished = { status: 'published' };

  test('that are feedback are made again as such, each once', () => {
    const feedback = { turn: 't1', by: 'Ada', thumb: 'up' } as const;
    const given: Message = { ...message('fb_1'), parts: [], channel: 'feedback', feedback };
    const record = begun();
    record.message(given);
    placed(record, eventId.message('fb_1'));
    record.message({ ...given, messageId: 'fb_2' });
    const run = end(record);
    expect(run.events.slice(1)).toMatchObject([{ seq: 2, type: 'feedback.given', data: feedback }]);
    const [late, ...more] = arrivals(run.interrupted, run.events);
    expect(late).toMatchObject({ type: 'feedback.given', data: { messageId: 'fb_2', ...feedback } });
    expect(more).toEqual([]);
    expect(carry(run).receipts).toContainEqual({ session: 's', messageId: 'fb_1', ...isPublished });
  });

  test('of which only the place is known are made again, and take no turn', () => {
    const record = begun();
    record.message(order('e1'));
    record.message(message('m2'));
    placed(record, eventId.message('e1'), eventId.message('m2'));
    record.message(order('e1'));
    const known = end(record);
    expect(known.events.slice(1)).toMatchObject([
      { seq: 2, type: 'channel.published', cause: 'e1', data: { channel: 'orders' } },
      { seq: 3, type: 'message.accepted', turn: 't1', data: { queued: false } },
    ]);
    expect(known.interrupted.arrived).toEqual([]);
    expect(carry(known).receipts.find(({ messageId }) => messageId === 'e1')).toMatchObject(isPublished);
    expect(carry(known).inbox.map(({ messageId }) => messageId)).toEqual(['m2']);
  });

  test('that nobody has ordered have their place in the order in which they came', () => {
    const record = begun();
    for (const each of [order('e1'), message('m2'), direct('d1'), message('m3')]) record.message(each);
    const known = end(record);
    const facts = arrivals(known.interrupted, []);
    expect(facts).toMatchObject([
      { id: eventId.message('e1'), type: 'channel.published' },
      { id: eventId.message('m2'), type: 'message.accepted', turn: 't1' },
      { id: eventId.message('d1'), data: { from: 'Ada', to: ['Bob'], channel: 'orders' } },
      { id: eventId.message('m3'), type: 'message.accepted', turn: 't2' },
    ]);
    const events = facts.map((fact, index) => ({ ...fact, seq: 2 + index }));
    expect(arrivals(known.interrupted, events)).toEqual([]);
    const { receipts, turns } = carry(known, events);
    expect(receipts.find(({ messageId }) => messageId === 'd1')).toMatchObject(isPublished);
    expect(turns).toBe(2);
  });

  test('that are direct are refused without an event, where the session was to close', () => {
    const record = begun();
    record.message(order('e1'));
    record.message(direct('d1'));
    record.close('requested');
    const known = end(record);
    expect(arrivals(known.interrupted, [])).toMatchObject([{ cause: 'e1', type: 'message.rejected' }]);
    const { receipts } = carry(known);
    expect(receipts.find(({ messageId }) => messageId === 'd1')).toMatchObject({ code: 'session_closed' });
  });
});
