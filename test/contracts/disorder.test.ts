/** A log that was lost twice within moments may tell facts of a turn in another order: what becomes of the turn is the same. */
import { describe, expect, test } from '@jest/globals';
import { Ledger } from '../../src/contracts/engine/ledger.ts';
import { applyEvent, emptyView, receiptOf } from '../../src/contracts/index.ts';
import type { EventDraft, SessionEvent, SessionView } from '../../src/contracts/index.ts';

const INFO = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 } as const;
const turn = 't1';
const parts = [{ type: 'text', text: 'hi' }] as const;

const accepted: EventDraft = {
  ...{ id: 'message:m1', type: 'message.accepted', at: 1, turn },
  data: { messageId: 'm1', parts, queued: true },
};
const started: EventDraft = {
  ...{ id: 'turn:t1:start', type: 'turn.started', at: 1, turn },
  data: { messageIds: ['m1'] },
};
const completed: EventDraft = { id: 'turn:t1:end', type: 'turn.completed', at: 1, turn, data: {} };
const joined: EventDraft = {
  ...{ id: 'turn:t1:end', type: 'turn.merged', at: 1, turn },
  data: { into: 't0', messageIds: ['m1'], reason: { code: 'joined', message: 'It has joined.' } },
};

function fold(drafts: readonly EventDraft[]): SessionView {
  const events = drafts.map((draft, index) => {
    const place = { v: 1, tenant: 'acme', session: 's1', epoch: 7, seq: index + 1 };
    return { ...draft, ...place } as unknown as SessionEvent; // safety: a draft and its place are an event
  });
  return events.reduce(applyEvent, emptyView('acme', 's1', INFO, { epoch: 7, seq: 0 }));
}

describe('a turn that is complete', () => {
  test.each([
    ['its start', [accepted, completed, started]],
    ['its message', [started, completed, accepted]],
    ['all of it', [completed, started, accepted]],
  ])('stays so when %s comes later', (_, drafts) => {
    const view = fold(drafts);
    expect(view.turns).toEqual([{ turn, status: 'completed', messageIds: ['m1'] }]);
    expect(receiptOf(view, 'm1')).toMatchObject({ status: 'consumed', turn, turnStatus: 'completed' });
  });
});

test('what an ended session leaves behind has such a turn complete, too', () => {
  const ledger = new Ledger('s1', { receipts: [], inbox: [], turns: 0, open: [] });
  for (const draft of [accepted, completed, started]) ledger.note(draft);
  const { receipts, open, inbox } = ledger.state();
  expect({ open, inbox }).toEqual({ open: [], inbox: [] });
  expect(receipts).toMatchObject([{ messageId: 'm1', status: 'consumed', turnStatus: 'completed' }]);
});

test('a message that has joined another turn belongs there when it comes later', () => {
  const [before, after] = [fold([accepted, joined]), fold([joined, accepted])];
  expect(after.turns).toEqual(before.turns);
  expect(after.entries).toEqual(before.entries);
  expect(after.entries).toMatchObject([{ messageId: 'm1', status: 'consumed', turn: 't0' }]);
});

describe('a step that is complete', () => {
  const of = { turn, step: 't1.1', agent: 'writer', at: 1 };
  const begun: EventDraft = { id: 'step:t1.1:start', type: 'step.started', ...of, attempt: 1, data: {} };
  const ended: EventDraft = {
    ...{ id: 'step:t1.1:end', type: 'step.completed', ...of, attempt: 1 },
    data: { text: 'said', finish: 'stop' },
  };

  test.each([
    ['its start comes later', [accepted, started, ended, begun]],
    ['its turn has ended, too', [accepted, started, ended, completed, begun]],
  ])('keeps what it has said when %s', (_, drafts) => {
    const [step] = fold(drafts).entries.filter(({ kind }) => kind === 'step');
    const [inOrder] = fold([accepted, started, begun, ended]).entries.filter(({ kind }) => kind === 'step');
    expect(step).toEqual(inOrder);
    expect(step).toMatchObject({ status: 'completed', text: 'said' });
  });
});
