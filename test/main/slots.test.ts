/** A worker takes few workflow tasks at a time, fewer that it has to replay, and another one for each quick step that holds its task open. */
import { afterEach, expect, jest, test } from '@jest/globals';
import type { CustomSlotSupplier, SlotInfo, SlotReserveContext, TunerHolder } from '@temporalio/worker';
import { LIMITS } from '../../src/contracts/index.ts';
import { createTuner } from '../../src/main/slots.ts';

type Custom = CustomSlotSupplier<SlotInfo>;
const CONTEXT = {
  slotType: 'workflow',
  taskQueue: 'q',
  workerIdentity: 'w',
  workerBuildId: 'b',
  isSticky: true,
} as const;
const REPLAYED = { ...CONTEXT, isSticky: false } as const;
const QUICK = { type: 'local-activity', activityType: 'runTurn' } as const;

function suppliers(): { readonly tasks: Custom; readonly quick: Custom } {
  const tuner = createTuner() as TunerHolder; // safety: what the product builds
  return {
    tasks: tuner.workflowTaskSlotSupplier as Custom,
    quick: tuner.localActivityTaskSlotSupplier as Custom,
  };
}

const reserve = (slots: Custom, signal = new AbortController().signal): Promise<object> =>
  slots.reserveSlot(CONTEXT, signal);

/** All that there are without a wait. */
function exhaust(slots: Custom, context: SlotReserveContext = CONTEXT): readonly object[] {
  const permits: object[] = [];
  for (;;) {
    const permit = slots.tryReserveSlot(context);
    if (!permit) return permits;
    permits.push(permit);
  }
}

test('no more tasks than it can do soon, and who waits is served in order', async () => {
  const { tasks } = suppliers();
  expect(exhaust(tasks)).toHaveLength(LIMITS.workflowTasksPerWorker);
  const served: string[] = [];
  const first = reserve(tasks).then(() => served.push('first'));
  const second = reserve(tasks).then(() => served.push('second'));
  tasks.releaseSlot({ permit: {} });
  await first;
  expect(served).toEqual(['first']);
  tasks.releaseSlot({ permit: {} });
  await second;
  expect(served).toEqual(['first', 'second']);
});

test('a quick step at work makes room for another task, and takes it away again', async () => {
  const { tasks, quick } = suppliers();
  exhaust(tasks);
  const waiting = reserve(tasks);
  const permit = await reserve(quick);
  // Reserved alone is not at work: the SDK keeps one at hand.
  expect(tasks.tryReserveSlot(CONTEXT)).toBeNull();
  quick.markSlotUsed({ slotInfo: QUICK, permit });
  await waiting;
  quick.releaseSlot({ slotInfo: QUICK, permit });
  tasks.releaseSlot({ permit: {} });
  expect(tasks.tryReserveSlot(CONTEXT)).toBeNull();
  tasks.releaseSlot({ permit: {} });
  expect(tasks.tryReserveSlot(CONTEXT)).not.toBeNull();
});

test('who gives up while waiting takes no slot', async () => {
  const { tasks } = suppliers();
  exhaust(tasks);
  const giving = new AbortController();
  const given = reserve(tasks, giving.signal);
  giving.abort();
  await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  // The SDK takes any other reason for an error.
  await expect(given).rejects.toBe(giving.signal.reason);
  const next = reserve(tasks);
  tasks.releaseSlot({ permit: {} });
  await expect(next).resolves.toEqual({});
  expect(tasks.tryReserveSlot(CONTEXT)).toBeNull();
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Tasks of sessions that the worker does not have, which take so long each. */
function replay(tasks: Custom, permits: readonly object[], ms: number): void {
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const slotInfo = { type: 'workflow', workflowType: 'session', isSticky: false } as const;
  for (const permit of permits) tasks.markSlotUsed({ slotInfo, permit });
  now.mockReturnValue(ms);
  for (const permit of permits) tasks.releaseSlot({ slotInfo, permit });
}

test('sessions that it has to replay: few at a time, more as long as each is soon done', () => {
  const { tasks } = suppliers();
  const least = LIMITS.replaysLeast;
  const first = exhaust(tasks, REPLAYED);
  expect(first).toHaveLength(least);
  replay(tasks, first, LIMITS.replayQuickMs - 1);
  const more = exhaust(tasks, REPLAYED);
  expect(more).toHaveLength(2 * least);
  replay(tasks, more, LIMITS.replaySlowMs + 1);
  const fewest = exhaust(tasks, REPLAYED);
  expect(fewest).toHaveLength(least);
  replay(tasks, fewest, LIMITS.replayQuickMs + 1);
  expect(exhaust(tasks, REPLAYED)).toHaveLength(least);
  // Those that it has are others.
  expect(exhaust(tasks)).toHaveLength(LIMITS.workflowTasksPerWorker);
});

test('never more than of the others', () => {
  const { tasks } = suppliers();
  for (let round = 0; round < 10; round += 1) replay(tasks, exhaust(tasks, REPLAYED), 1);
  expect(exhaust(tasks, REPLAYED)).toHaveLength(LIMITS.workflowTasksPerWorker);
});

test('a poll that ends without a task teaches nothing', () => {
  const { tasks } = suppliers();
  for (const permit of exhaust(tasks, REPLAYED)) tasks.releaseSlot({ permit });
  expect(exhaust(tasks, REPLAYED)).toHaveLength(LIMITS.replaysLeast);
});
