/** A worker takes few workflow tasks at a time, and another one for each quick step that holds its task open. */
import { expect, test } from '@jest/globals';
import type { CustomSlotSupplier, SlotInfo, TunerHolder } from '@temporalio/worker';
import { LIMITS } from '../../src/contracts/index.ts';
import { createTuner } from '../../src/main/slots.ts';

type Custom = CustomSlotSupplier<SlotInfo>;
const CONTEXT = {
  slotType: 'workflow',
  taskQueue: 'q',
  workerIdentity: 'w',
  workerBuildId: 'b',
  isSticky: false,
} as const;
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
function exhaust(slots: Custom): number {
  let taken = 0;
  while (slots.tryReserveSlot(CONTEXT)) taken += 1;
  return taken;
}

test('no more tasks than it can do soon, and who waits is served in order', async () => {
  const { tasks } = suppliers();
  expect(exhaust(tasks)).toBe(LIMITS.workflowTasksPerWorker);
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
  const next = reserve(tasks);
  tasks.releaseSlot({ permit: {} });
  await expect(next).resolves.toEqual({});
  expect(tasks.tryReserveSlot(CONTEXT)).toBeNull();
});
