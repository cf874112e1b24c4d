/** How steps are to end that are open in the log: those of a turn that ends, and single ones that were cancelled. */
import {
  eventId,
  isCancelledAlone,
  reason,
  type CancelReply,
  type Closing,
  type LoggedEvent,
} from '../../src/contracts/index.ts';

/** A cancel of one step; `status`: null until the log has answered. */
export interface StepCancel {
  readonly step: string;
  status: CancelReply['status'] | null;
}

export class Closings {
  /** That of a whole turn comes first: it goes with the turn's end, after which no step may end. */
  readonly #closings: Closing[] = [];
  /** Cancels of single steps that the log has not answered. */
  #cancels: StepCancel[] = [];

  /** True if open steps are to be ended and no publish is under way with that. */
  get any(): boolean {
    return this.#closings.length > 0;
  }

  /** Ids of the ends of the turns whose steps are to be ended. */
  get ends(): readonly string[] {
    return this.#closings.flatMap(({ turn, step }) => (step === undefined ? [eventId.turnEnded(turn)] : []));
  }

  take(): Closing | null {
    return this.#closings.shift() ?? null;
  }

  /** Of a turn that ends. */
  ofTurn(closing: Closing): void {
    this.#closings.unshift(closing);
  }

  /** Of one step of a turn, which goes on. How that comes out the log will tell. */
  ofStep(turn: string, step: string): StepCancel {
    const asked: StepCancel = { step, status: null };
    this.#cancels.push(asked);
    const data = { reason: reason('step_cancelled') };
    this.#closings.push({ turn, step, type: 'step.cancelled', data });
    return asked;
  }

  /** The log has been told to end the step; true: that has ended it. */
  stepClosed(step: string, events: readonly LoggedEvent[]): boolean {
    const end = events.find(({ id }) => id === eventId.stepEnded(step));
    const alone = end?.type === 'step.cancelled' && isCancelledAlone(end.data);
    const status = alone ? 'cancelling' : end ? 'ended' : 'none';
    for (const asked of this.#cancels) if (asked.step === step) asked.status = status;
    this.#cancels = this.#cancels.filter((asked) => asked.status === null);
    return alone;
  }
}
