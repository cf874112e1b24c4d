/** A session that is played again: what comes when, and how that is shown. */
import { expect, test } from '@jest/globals';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { Replay } from '../../src/cli/commands/replay.ts';
import { momentsOf } from '../../src/cli/replayed.ts';

const base = { v: 1, tenant: 'dev', session: 's', epoch: 1 } as const;
const TEXT = 'One two three four.';

const EVENTS = [
  {
    type: 'session.created',
    at: 1_000,
    data: { team: { name: 'sequence' }, agents: [{ name: 'ann' }], metadata: {} },
  },
  { type: 'turn.started', at: 1_100, turn: 't1', data: { messageIds: ['m'] } },
  { type: 'step.started', at: 1_200, turn: 't1', step: 't1.1', agent: 'ann', attempt: 1, data: {} },
  {
    ...{ type: 'step.completed', at: 2_000, turn: 't1', step: 't1.1', agent: 'ann', attempt: 1 },
    ...{ stamps: { first: 1_400, last: 1_900 }, data: { text: TEXT } },
  },
  // Another host's clock, which is behind.
  { type: 'turn.completed', at: 1_500, turn: 't1', data: {} },
].map((event, index) => ({
  ...base,
  id: `e${index}`,
  seq: index + 1,
  ...event,
})) as unknown as SessionEvent[];

test('the text of a step comes in pieces between its first and its last, events in their order', () => {
  const moments = momentsOf(EVENTS);
  expect(moments.map((each) => ('event' in each ? each.event.type : each.delta.text))).toEqual([
    ...['session.created', 'turn.started', 'step.started'],
    ...['One', ' two', ' three', ' four.', 'step.completed', 'turn.completed'],
  ]);
  expect(moments.map(({ at }) => at)).toEqual([
    1_000, 1_100, 1_200, 1_400, 1_567, 1_733, 1_900, 2_000, 2_000,
  ]);
});

test('a long text comes in a bounded number of pieces, which are the whole text', () => {
  const text = Array.from({ length: 5_000 }, (_, index) => `w${index}`).join(' ');
  const long = EVENTS.map((event) =>
    event.type === 'step.completed' ? { ...event, data: { ...event.data, text } } : event,
  );
  const deltas = momentsOf(long).flatMap((each) => ('delta' in each ? [each.delta] : []));
  expect(deltas.length).toBeLessThanOrEqual(48);
  expect(deltas.map((each) => each.text).join('')).toBe(text);
  for (const { offset, text: piece } of deltas) expect(text.startsWith(piece, offset)).toBe(true);
});

async function* pages() {
  // A log that was built anew meanwhile has another epoch.
  yield EVENTS.slice(0, 3);
  yield EVENTS.slice(3).map((event) => ({ ...event, epoch: 2 }));
}

test('what came before the first event that is asked for is folded, not shown', async () => {
  const written: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    const options = { speed: 1_000, pause: 1_000, from: 4, json: true };
    const replay = new Replay(options, new AbortController().signal);
    await replay.play(pages());
    expect(replay.view?.entries).toMatchObject([{ kind: 'step', status: 'completed', text: TEXT }]);
  } finally {
    process.stdout.write = write;
  }
  expect(written.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
    'step.completed',
    'turn.completed',
  ]);
});

test('pauses are as long as they were, by the speed, and bounded', async () => {
  const stopped = new AbortController();
  const took = async (options: { speed: number; pause: number }): Promise<number> => {
    const before = performance.now();
    const { write } = process.stdout;
    process.stdout.write = () => true;
    try {
      await new Replay({ ...options, json: true }, stopped.signal).play(pages());
    } finally {
      process.stdout.write = write;
    }
    return performance.now() - before;
  };
  expect(await took({ speed: 4, pause: 1_000 })).toBeGreaterThanOrEqual(200);
  expect(await took({ speed: 0.1, pause: 1 })).toBeLessThan(1_000);
});
