/** What an ended run leaves behind, folded from what its history tells; and what the next run is given. */
import { describe, expect, test } from '@jest/globals';
import {
  arrivals,
  carryOver,
  eventId,
  interruptedReceipt,
  LIMITS,
  RunRecord,
  START,
} from '../../src/contracts/index.ts';
import type {
  CarriedState,
  EndedRun,
  EventDraft,
  LoggedEvent,
  Message,
  Report,
  SessionInput,
} from '../../src/contracts/index.ts';

const INPUT: SessionInput = {
  ...{ tenant: 'acme', session: 's' },
  info: {
    team: { name: 'sequence' },
    agents: [{ name: 'a', runner: 'scripted' }],
    metadata: {},
    createdAt: 1,
  },
};

function message(messageId: string, text = messageId): Message {
  return { messageId, parts: [{ type: 'text', text }], receivedAt: 1 };
}

function accepted(messageId: string, turn: string): EventDraft {
  const data = { messageId, parts: message(messageId).parts, queued: false };
  return { id: eventId.message(messageId), type: 'message.accepted', at: 1, turn, cause: messageId, data };
}

function started(turn: string, ...messageIds: string[]): EventDraft {
  return { id: eventId.turnStarted(turn), type: 'turn.started', at: 1, turn, data: { messageIds } };
}

function completed(turn: string): EventDraft {
  return { id: eventId.turnEnded(turn), type: 'turn.completed', at: 1, turn, data: {} };
}

const at = (seq: number, draft: EventDraft): LoggedEvent => ({ ...draft, seq });

function report(
  seq: number,
  placed: Readonly<Record<string, number>>,
  events: readonly LoggedEvent[] = [],
): Report {
  return {
    position: { epoch: 7, seq },
    placed: Object.entries(placed).map(([id, place]) => ({ id, seq: place })),
    events,
  };
}

function end(record: RunRecord, running: readonly EventDraft[] = []): EndedRun {
  return record.ended({ run: 'r1', reason: 'terminated', at: 9, historyEvents: 20, running });
}

function carry(run: EndedRun, events: readonly LoggedEvent[] = run.events): CarriedState {
  return carryOver(run.interrupted, events, { head: { epoch: 7, seq: 99 }, at: 10 });
}

/** One answered message, whose facts an activity carried. */
function answered(): RunRecord {
  const record = new RunRecord(INPUT);
  record.report(report(1, { [eventId.sessionCreated()]: 1 }), 1);
  record.message(message('m1'));
  record.drafts([accepted('m1', 't1'), started('t1', 'm1')]);
  record.report(
    report(4, { [eventId.message('m1')]: 2, [eventId.turnStarted('t1')]: 3 }, [at(4, completed('t1'))]),
    2,
  );
  return record;
}

const ids = (facts: readonly EventDraft[]): readonly string[] => facts.map(({ id }) => id);

describe('what a run leaves behind', () => {
  test('the facts that its activities carried, where they landed', () => {
    const known = end(answered());
    expect(known.events.map(({ id, seq }) => `${seq} ${id}`)).toEqual([
      '1 session:created',
      '2 message:m1',
      '3 turn:t1:start',
      '4 turn:t1:end',
    ]);
    expect(known).toMatchObject({ known: { epoch: 7, seq: 4 }, archivedTo: 0, pending: [] });
    const { ledger, arrived, ...interrupted } = known.interrupted;
    expect(interrupted).toEqual({
      ...{ run: 'r1', reason: 'terminated', at: 9, input: INPUT, refused: [], historyEvents: 20 },
    });
    expect(ledger.open).toEqual([]);
    expect(arrived).toEqual([]);
  });

  test('facts of which only the place is known are made again from the messages', () => {
    const record = answered();
    for (const id of ['m2', 'm3', 'm4']) record.message(message(id));
    const placed = { [eventId.message('m2')]: 5, [eventId.turnStarted('t2')]: 6, [eventId.message('m3')]: 7 };
    record.report(report(7, placed), 3);
    const known = end(record);
    const { ledger, arrived } = known.interrupted;
    expect(known.events.slice(4)).toMatchObject([
      { seq: 5, type: 'message.accepted', turn: 't2', cause: 'm2', data: { queued: false } },
      { seq: 6, type: 'turn.started', turn: 't2', data: { messageIds: ['m2'] } },
      { seq: 7, type: 'message.accepted', turn: 't3', data: { queued: true, parts: message('m3').parts } },
    ]);
    expect(ledger.open).toEqual(['t2']);
    expect(arrived.map(({ messageId }) => messageId)).toEqual(['m4']);
  });

  test('facts on their way have no position yet; a turn that runs is told by them', () => {
    const record = answered();
    record.message(message('m2'));
    record.drafts([accepted('m2', 't2'), started('t2', 'm2')]);
    const known = end(record);
    const { arrived, ledger } = known.interrupted;
    expect(ids(known.pending)).toEqual([eventId.message('m2'), eventId.turnStarted('t2')]);
    expect(ledger.open).toEqual(['t2']);
    expect(arrived).toEqual([]);
    expect(ledger.turns).toBe(2);
  });

  test('events that moved with a new epoch are where they are now, and nothing of them is told twice', () => {
    const record = answered();
    const moved = {
      [eventId.message('m1')]: 12,
      [eventId.turnStarted('t1')]: 13,
      [eventId.turnEnded('t1')]: 14,
    };
    record.report({ ...report(14, moved), position: { epoch: 8, seq: 14 } }, 3);
    const known = end(record);
    expect(known.known).toEqual({ epoch: 8, seq: 14 });
    expect(known.events.map(({ seq }) => seq)).toEqual([1, 12, 13, 14]);
    expect(known.interrupted.ledger.open).toEqual([]);
  });

  test('what is archived is let go, and its messages are remembered', () => {
    const record = answered();
    record.archived(4);
    const run = end(record);
    expect(run).toMatchObject({ archivedTo: 4, events: [] });
    const carried = carry(run);
    expect(carried).toMatchObject({ turns: 1, inbox: [], archivedTo: 99 });
    expect(carried.receipts).toEqual([
      { session: 's', messageId: 'm1', status: 'consumed', turn: 't1', turnStatus: 'completed' },
    ]);
  });

  test('a message counts once, but one that was refused for want of room may come again', () => {
    const record = answered();
    record.message(message('m1', 'again'));
    record.message(message('m2'));
    record.message(message('m2', 'again'));
    const data = { messageId: 'm3', code: 'inbox_full' };
    record.message(message('m3'));
    record.drafts([
      { id: eventId.messageRejected('m3'), type: 'message.rejected', at: 1, cause: 'm3', data },
    ]);
    record.message(message('m3', 'with room'));
    const { arrived } = end(record).interrupted;
    expect(arrived).toEqual([message('m2'), message('m3', 'with room')]);
  });

  test('more messages than may wait are refused', () => {
    const record = new RunRecord(INPUT);
    const count = LIMITS.inboxMessages + 3;
    for (let n = 1; n <= count; n += 1) record.message(message(`m${n}`));
    const { interrupted } = end(record);
    const facts = arrivals(interrupted, []);
    expect(facts.filter(({ type }) => type === 'message.accepted')).toHaveLength(LIMITS.inboxMessages);
    const refused = facts.filter(({ type }) => type === 'message.rejected');
    expect(refused.map(({ cause }) => cause)).toEqual([`m${count - 2}`, `m${count - 1}`, `m${count}`]);
    expect(carryOver(interrupted, [], { head: START, at: 1 }).receipts).toContainEqual({
      ...{ session: 's', messageId: `m${count}`, status: 'rejected', code: 'inbox_full' },
    });
  });
});

describe('messages that no run has ordered', () => {
  test('get their places after those that the log knows of', () => {
    const record = answered();
    for (const id of ['m2', 'm3', 'm4']) record.message(message(id));
    const { interrupted } = end(record);
    const facts = arrivals(interrupted, [at(5, accepted('m2', 't2'))]);
    expect(facts).toMatchObject([
      { type: 'message.accepted', turn: 't3', cause: 'm3', data: { queued: true } },
      { type: 'message.accepted', turn: 't4', cause: 'm4', data: { queued: true } },
    ]);
  });

  test('are refused by a session that was to be closed', () => {
    const record = answered();
    record.close('requested');
    record.message(message('m2'));
    const [fact, ...more] = arrivals(end(record).interrupted, []);
    expect(fact).toMatchObject({
      type: 'message.rejected',
      data: { messageId: 'm2', code: 'session_closed' },
    });
    expect(more).toEqual([]);
  });
});

describe('what the next run is given', () => {
  test('the log knows more than the run had heard', () => {
    const record = answered();
    for (const id of ['m2', 'm3', 'm4']) record.message(message(id));
    const run = end(record);
    const cancelled: EventDraft = {
      ...{ id: eventId.turnEnded('t4'), type: 'turn.cancelled', at: 1, turn: 't4', data: { reason: 'x' } },
    };
    const failed = { code: 'session_interrupted', message: 'x' };
    const more = [
      ...[at(5, accepted('m2', 't2')), at(6, started('t2', 'm2')), at(7, accepted('m3', 't3'))],
      ...[at(8, accepted('m4', 't4')), at(9, cancelled)],
      at(10, { id: eventId.turnEnded('t2'), type: 'turn.failed', at: 1, turn: 't2', data: failed }),
    ];
    const carried = carry(run, [...run.events, ...more]);
    expect(carried).toMatchObject({ status: 'open', turns: 4, events: [], reconcile: false });
    expect(carried.inbox).toEqual([
      { turn: 't3', messageId: 'm3', chars: JSON.stringify(message('m3').parts).length },
    ]);
    expect(
      carried.receipts.map(({ messageId, status, turnStatus, code }) => [
        messageId,
        status,
        turnStatus ?? code,
      ]),
    ).toEqual([
      ['m1', 'consumed', 'completed'],
      ['m2', 'consumed', 'failed'],
      ['m3', 'accepted', undefined],
      ['m4', 'rejected', 'turn_cancelled'],
    ]);
    expect(carried.outbox).toEqual([
      { id: eventId.sessionReopened('r1'), type: 'session.reopened', at: 10, data: {} },
    ]);
  });

  test('a run that is interrupted again goes on from what it was given', () => {
    const first = end(answered());
    const carried = carry(first, [...first.events, at(5, accepted('m2', 't2'))]);
    const second = new RunRecord({ ...INPUT, carried });
    second.message(message('m1', 'again'));
    second.message(message('m2', 'again'));
    second.message(message('m3'));
    const run = end(second);
    expect(run.interrupted.arrived).toEqual([message('m3')]);
    expect(ids(run.pending)).toEqual([eventId.sessionReopened('r1')]);
    expect(carry(run)).toMatchObject({ turns: 2, receipts: carried.receipts, inbox: carried.inbox });
  });

  test('the newest receipts, and those of all messages that wait', () => {
    const count = LIMITS.receiptsKept + 10;
    const receipts = Array.from({ length: count }, (_, n) => ({
      ...{ session: 's', messageId: `m${n}`, turn: `t${n + 1}` },
      ...(n === 0
        ? { status: 'queued' as const }
        : { status: 'consumed' as const, turnStatus: 'completed' as const }),
    }));
    const before = { ...carry(end(answered())), receipts, turns: count };
    const { receipts: kept, inbox } = carry(end(new RunRecord({ ...INPUT, carried: before })));
    expect(kept).toHaveLength(LIMITS.receiptsKept + 1);
    expect(kept[0]).toMatchObject({ messageId: 'm0', status: 'queued' });
    expect(inbox).toMatchObject([{ messageId: 'm0', turn: 't1' }]);
  });

  test('a session that was to be closed still is', () => {
    const record = answered();
    record.close('requested');
    expect(carry(end(record))).toMatchObject({ status: 'closing', closeReason: 'requested' });
  });
});

test('where a message of an interrupted session stands', () => {
  const record = answered();
  record.message(message('m2'));
  const run = end(record).interrupted;
  expect(interruptedReceipt(run, 'm1')).toMatchObject({ status: 'consumed', turnStatus: 'completed' });
  expect(interruptedReceipt(run, 'm2')).toMatchObject({ status: 'accepted' });
  expect(interruptedReceipt(run, 'm9')).toBeNull();
});

test('what the team keeps outlives the run: as carried, or as its newest completed turn has told', () => {
  const carried = { ...carry(end(new RunRecord(INPUT))), memory: { speaker: 'a' } };
  const record = new RunRecord({ ...INPUT, carried });
  expect(carry(end(record)).memory).toEqual({ speaker: 'a' });
  const told = { ...completed('t1'), seq: 3, data: { memory: { speaker: 'b' } } } as LoggedEvent;
  record.report(report(3, {}, [told]), 5);
  expect(carry(end(record), []).memory).toEqual({ speaker: 'b' });
});
