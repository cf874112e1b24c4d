/** Where the past of a session is cut. */
import { expect, test } from '@jest/globals';
import { eventId, START, type EventDraft } from '../../src/contracts/index.ts';
import { MemoryLog, placeBefore } from '../../src/log/index.ts';
import { AT, created, message, turnCompleted } from './drafts.ts';

const REF = { tenant: 'acme', session: 's' };
const PAST = {
  source: { known: async () => null, archived: async () => [], session: async () => null },
  archive: { find: async () => [] },
};

function started(turn: string): EventDraft {
  return { id: eventId.turnStarted(turn), type: 'turn.started', at: AT, turn, data: { messageIds: [] } };
}

/** A message that has its own turn, and waited for it. */
function waiting(id: string, turn: string): EventDraft {
  const data = { messageId: id, parts: [], queued: true };
  return { id: eventId.message(id), type: 'message.accepted', at: AT, turn, data };
}

async function before(messageId: string, ...drafts: readonly EventDraft[]): Promise<number | null> {
  const log = new MemoryLog();
  await log.append(REF, { known: START, drafts: [created(), message('m1'), started('t1'), ...drafts] });
  return placeBefore({ ...PAST, log }, REF, messageId);
}

test.each<[string, string, readonly EventDraft[], number | null]>([
  ['one that waited for nobody: before it came', 'm1', [], 1],
  [
    'one that waited: what happened meanwhile is kept',
    'm2',
    [waiting('m2', 't2'), turnCompleted(), started('t2')],
    5,
  ],
  [
    'one for which nothing happened meanwhile: before it came',
    'm2',
    [turnCompleted(), waiting('m2', 't2'), started('t2')],
    4,
  ],
  ['one that still waits: before it came', 'm2', [waiting('m2', 't2')], 3],
  ['one that there is not', 'm9', [], null],
])('a fork before %s', async (_, messageId, drafts, seq) => {
  expect(await before(messageId, ...drafts)).toBe(seq);
});
