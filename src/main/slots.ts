/**
 * How much a worker takes at a time. What it cannot do soon waits in Temporal, where tenants are served by turns and nothing times out;
 * what it has taken has a deadline. A worker that takes all there is misses that of every task once the machine is slow, and makes it slower
 * by replaying what it was late for (measured: ARCHITECTURE.md, "After a crash").
 */
import { ResourceBasedController } from '@temporalio/worker';
import type {
  CustomSlotSupplier,
  LocalActivitySlotInfo,
  SlotInfo,
  SlotReserveContext,
  WorkerTuner,
  WorkflowSlotInfo,
} from '@temporalio/worker';
import { LIMITS } from '../contracts/index.ts';

/** Slots that are handed out one after the other, as many at a time as `most` says at that moment. */
class Slots<Info extends SlotInfo> implements CustomSlotSupplier<Info> {
  readonly type = 'custom';
  readonly #most: () => number;
  readonly #waiting = new Set<(permit: object) => void>();
  #taken = 0;

  constructor(most: () => number) {
    this.#most = most;
  }

  reserveSlot(_: object, signal: AbortSignal): Promise<object> {
    const permit = this.tryReserveSlot();
    if (permit) return Promise.resolve(permit);
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => {
        this.#waiting.delete(resolve);
        // The SDK logs any other reason as an error, whenever a worker ends.
        reject(signal.reason as Error);
      });
    });
  }

  tryReserveSlot(): object | null {
    if (this.#taken >= this.#most()) return null;
    this.#taken += 1;
    return {};
  }

  markSlotUsed(): void {
    // Whether a slot is used or kept for a poll makes no difference.
  }

  releaseSlot(): void {
    this.#taken -= 1;
    this.look();
  }

  /** `most` may have become more. */
  look(): void {
    for (const resolve of this.#waiting) {
      const permit = this.tryReserveSlot();
      if (!permit) return;
      this.#waiting.delete(resolve);
      resolve(permit);
    }
  }
}

/** Slots of quick steps, which says how many are at work. */
class LocalSlots extends Slots<LocalActivitySlotInfo> {
  readonly #changed: () => void;
  #working = 0;

  constructor(most: number, changed: () => void) {
    super(() => most);
    this.#changed = changed;
  }

  get working(): number {
    return this.#working;
  }

  override markSlotUsed(): void {
    this.#working += 1;
    this.#changed();
  }

  override releaseSlot({ slotInfo }: { readonly slotInfo?: LocalActivitySlotInfo } = {}): void {
    if (slotInfo) this.#working -= 1;
    super.releaseSlot();
  }
}

/**
 * Slots of workflow tasks. The worker has the session of a task that comes from its sticky queue. Any other session is new, or is replayed: that
 * may be a second of CPU on a busy machine, and a hundred at once are all late, and are replayed again. So these are few, and more as long as they
 * are done soon.
 */
class TaskSlots implements CustomSlotSupplier<WorkflowSlotInfo> {
  readonly type = 'custom';
  readonly #cached: Slots<WorkflowSlotInfo>;
  readonly #replayed: Slots<WorkflowSlotInfo>;
  #replays: number = LIMITS.replaysLeast;
  /** The permits of `#replayed`, which the SDK gives back as they were, and when their tasks have begun. */
  readonly #begun = new WeakMap<object, number | undefined>();

  /** `more`: for each of the two kinds. */
  constructor(more: () => number) {
    this.#cached = new Slots(() => LIMITS.workflowTasksPerWorker + more());
    this.#replayed = new Slots(() => this.#replays + more());
  }

  async reserveSlot(context: SlotReserveContext, signal: AbortSignal): Promise<object> {
    if (context.isSticky) return this.#cached.reserveSlot(context, signal);
    const permit = await this.#replayed.reserveSlot(context, signal);
    this.#begun.set(permit, undefined);
    return permit;
  }

  tryReserveSlot({ isSticky }: SlotReserveContext): object | null {
    if (isSticky) return this.#cached.tryReserveSlot();
    const permit = this.#replayed.tryReserveSlot();
    if (permit) this.#begun.set(permit, undefined);
    return permit;
  }

  markSlotUsed({ permit }: { readonly permit: object }): void {
    if (this.#begun.has(permit)) this.#begun.set(permit, performance.now());
  }

  releaseSlot({ permit }: { readonly permit: object }): void {
    if (!this.#begun.has(permit)) {
      this.#cached.releaseSlot();
      return;
    }
    const begun = this.#begun.get(permit);
    if (begun !== undefined) this.#learn(performance.now() - begun);
    this.#replayed.releaseSlot();
  }

  #learn(ms: number): void {
    const { replaysLeast, workflowTasksPerWorker, replayQuickMs, replaySlowMs } = LIMITS;
    if (ms < replayQuickMs) this.#replays = Math.min(this.#replays + 1, workflowTasksPerWorker);
    else if (ms > replaySlowMs) this.#replays = Math.max(this.#replays - 1, replaysLeast);
  }

  look(): void {
    this.#cached.look();
    this.#replayed.look();
  }
}

/**
 * Workflow tasks: as many as are done in time, each being milliseconds of CPU; a quick step holds its task open, so each that is at work is given another
 * task. Turns: more as long as the machine is not busy, as they mostly wait for models. `turns`: the most of them at a time.
 */
export function createTuner(turns: number = LIMITS.stepsPerWorker): WorkerTuner {
  const controller = ResourceBasedController.create({
    targetCpuUsage: LIMITS.workerCpuShare,
    targetMemoryUsage: LIMITS.workerMemoryShare,
  });
  const local = new LocalSlots(LIMITS.stepsPerWorker, () => tasks.look());
  const tasks = new TaskSlots(() => local.working);
  return {
    workflowTaskSlotSupplier: tasks,
    activityTaskSlotSupplier: {
      type: 'resource-based',
      controller,
      minimumSlots: Math.min(LIMITS.stepsPerBusyWorker, turns),
      maximumSlots: turns,
      rampThrottle: LIMITS.stepsRampMs,
    },
    localActivityTaskSlotSupplier: local,
    nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
  };
}
