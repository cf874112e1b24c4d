import { expect, test } from '@jest/globals';
import type { EventDraft } from '../../../src/contracts/index.ts';
import { handedOver, waitOf } from '../../../activities/turn/wait.ts';

const NOW = 1_000_000;
const info = { attempt: 1, isLocal: false, currentAttemptScheduledTimestampMs: NOW - 300 };
const accepted = (ingest: number, orchestrate: number): EventDraft => ({
  ...{
    id: 'message:m',
    type: 'message.accepted',
    turn: 't1',
    at: orchestrate,
    stamps: { ingest, orchestrate },
  },
  data: { messageId: 'm', parts: [], queued: false },
});
const turn = (...lead: readonly EventDraft[]) => ({ turn: 't1', lead });

test('a turn waits from the acceptance of its message, or, if it has waited for another turn, from its activity', () => {
  expect(waitOf(info, turn(accepted(NOW - 900, NOW - 400)), NOW)).toBe(900);
  expect(waitOf(info, turn(), NOW)).toBe(300);
  expect(waitOf({ ...info, isLocal: true }, turn(accepted(NOW - 900, NOW - 400)), NOW)).toBe(900);
  expect(waitOf({ ...info, isLocal: true }, turn(), NOW)).toBeNull();
});

test('what was sent for later, is repeated, goes on, or waits for a special worker does not count as waiting', () => {
  expect(waitOf(info, turn(accepted(NOW - 86_400_000, NOW - 400)), NOW)).toBe(300);
  expect(waitOf({ ...info, attempt: 2 }, turn(), NOW)).toBeNull();
  expect(waitOf(info, { ...turn(), ranMs: 10 }, NOW)).toBeNull();
  expect(waitOf(info, { ...turn(), needs: 'model' }, NOW)).toBeNull();
});

test('a turn that was handed over says for how long it has waited for a worker that has what it needs', () => {
  const wait = { reason: 'worker', from: NOW - 300, until: NOW, needs: 'agent.auditor' };
  expect(handedOver(info, { needs: 'agent.auditor' }, NOW)).toEqual({ waited: [wait] });
  expect(handedOver({ ...info, attempt: 2 }, { needs: 'agent.auditor' }, NOW)).toEqual({});
  expect(handedOver(info, {}, NOW)).toEqual({});
});
