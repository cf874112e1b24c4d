/**
 * The workflow wants an activity to stop: the whole turn, or a step of it. Temporal's heartbeats say only that; which it is stands in the log,
 * where the workflow has ended the steps by then. In doubt all is stopped, and the workflow has the turn go on if it has not ended it.
 */
import { isCancelledAlone, RECOVERY, type EventDraft } from '../../src/contracts/index.ts';
import type { TurnStopped } from './stops.ts';
import type { RunningSteps } from './running-steps.ts';
import type { TurnLog } from './turn-log.ts';
import type { TurnState } from './turn-state.ts';

export interface HaltingHost {
  readonly log: Pick<TurnLog, 'openSteps' | 'facts'>;
  readonly state: Pick<TurnState, 'open'>;
  /** Stops the turn. */
  stop(why: TurnStopped): void;
}

/** A step that has heard of its cancel already. */
function isStepCancel({ type, data }: EventDraft): boolean {
  return type === 'step.cancelled' && isCancelledAlone(data);
}

export class Halting {
  readonly #host: HaltingHost;
  readonly #steps: Pick<RunningSteps, 'end' | 'has'>;
  #asked = false;
  #looking = false;

  constructor(host: HaltingHost, steps: Pick<RunningSteps, 'end' | 'has'>) {
    this.#host = host;
    this.#steps = steps;
  }

  /** The activity goes on and cannot be asked a second time: another one should take over soon. */
  get isAsked(): boolean {
    return this.#asked;
  }

  /** What a heartbeat was answered. After the first such answer each heartbeat gets it. */
  heed(why: TurnStopped): void {
    if (why.kind !== 'cancelled') {
      this.#host.stop(why);
      return;
    }
    if (this.#looking) return;
    this.#looking = true;
    const isFirst = !this.#asked;
    this.#asked = true;
    void this.#look(why, isFirst).finally(() => {
      this.#looking = false;
    });
  }

  /** Who cancels a step has ended it before: if none has ended so, the first answer means the whole turn. Later ones say nothing new. */
  async #look(why: TurnStopped, isFirst: boolean): Promise<void> {
    const begun = Object.keys(this.#host.state.open).filter((step) => this.#steps.has(step));
    const open = begun.length === 0 ? null : await this.#openSteps();
    const ended = open ? begun.filter((step) => !open.has(step)) : [];
    const isOne = ended.length > 0 || this.#host.log.facts().some(isStepCancel);
    if (!open || (isFirst && !isOne)) this.#host.stop(why);
    else this.#steps.end(ended);
  }

  /** Null if the log does not say it at once. */
  async #openSteps(): Promise<ReadonlySet<string> | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), RECOVERY.haltLookMs);
    });
    const asked = this.#host.log.openSteps().catch(() => null);
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }
}
