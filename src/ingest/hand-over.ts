/** A message that was found valid, on its way to Temporal: let in, signalled, and remembered for its timeline. */
import { setTimeout as pause } from 'node:timers/promises';
import { isConvokeError } from '../contracts/index.ts';
import type { ErrorCode, Message, Receipt, SessionRef } from '../contracts/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import type { Admission, Admitted } from './admit.ts';
import { inSession } from './archived.ts';
import type { IsArchived } from './archived.ts';
import { Arrivals } from './arrivals.ts';
import { createFullLook, ifInterrupted } from './reopen.ts';
import type { Reopen } from './reopen.ts';
import { refuseReused } from './same-message.ts';
import type { ToldLog } from './same-message.ts';
import type { Traced, WayIn } from './way-in.ts';

/** Looks for a message that was sent often, and the pauses between them, ms. */
const LOOKS = 6;
const LOOK_EVERY_MS = 200;

const ACCEPTED = { status: 'accepted' } as const;

/** Codes of a send that certainly did not reach a session. */
const GONE: readonly ErrorCode[] = [
  'session_not_found',
  'session_closed',
  'overloaded',
  'too_many_requests_in_flight',
];

export interface HandOverDeps {
  readonly calls: Pick<SessionCalls, 'send' | 'receipt'>;
  readonly admission: Admission;
  readonly isArchived: IsArchived;
  readonly reopen: Reopen;
  /** Tells what was sent under an id that is sent again; absent: nobody does. */
  readonly log?: ToldLog;
  /** What is remembered of messages for their timelines; absent: nothing that anybody asks for. */
  readonly arrivals?: Arrivals;
  /** What is recorded of messages. */
  readonly wayIn: Pick<WayIn, 'ended'>;
}

export class HandOver {
  readonly #deps: HandOverDeps;
  readonly #arrivals: Arrivals;
  readonly #lookIfFull: (ref: SessionRef) => void;

  constructor(deps: HandOverDeps) {
    this.#deps = deps;
    this.#arrivals = deps.arrivals ?? new Arrivals();
    this.#lookIfFull = createFullLook(deps.reopen);
  }

  /** Resolves once it is persisted. Throws what `Intake.send` does. */
  async deliver(ref: SessionRef, message: Message, traced?: Traced): Promise<Receipt> {
    const { messageId, deliverAt } = message;
    const standing = deliverAt === undefined ? ACCEPTED : ({ status: 'scheduled', deliverAt } as const);
    const receipt = { session: ref.session, messageId, ...standing };
    try {
      if (await this.#isKnown(ref, message)) {
        await this.#compare(ref, message);
        this.#deps.wayIn.ended(ref, message, 'again', traced);
        return receipt;
      }
      await this.#hand(ref, this.#arrivals.admitted(ref, message));
    } catch (error) {
      this.#arrivals.refused(ref, messageId, error);
      this.#deps.wayIn.ended(ref, message, { error }, traced);
      throw error;
    }
    this.#arrivals.accepted(ref, messageId);
    this.#deps.wayIn.ended(ref, message, 'accepted', traced);
    return receipt;
  }

  async #hand(ref: SessionRef, message: Message): Promise<void> {
    try {
      const sent = inSession(this.#deps.isArchived, ref, this.#deps.calls.send(ref, message));
      await ifInterrupted(sent, () => this.#deps.reopen(ref, message));
    } catch (error) {
      // Any other error leaves it open whether Temporal has the message.
      if (isConvokeError(error) && GONE.includes(error.code))
        await this.#deps.admission.giveBack(ref, message);
      throw error;
    }
  }

  /** True if the session has the message. False: it is admitted, and to be signalled. */
  async #isKnown(ref: SessionRef, message: Message): Promise<boolean> {
    for (let tried = 1; ; tried += 1) {
      const admitted = await this.#admit(ref, message);
      // A session that nobody runs goes on with whatever is sent to it.
      if (admitted === 'held') this.#lookIfFull(ref);
      if (admitted === 'told') await this.#compareAdmitted(ref, message);
      if (admitted !== 'again') return admitted === 'held';
      try {
        return (await this.#deps.calls.receipt(ref, message.messageId)) !== null;
      } catch (error) {
        // The server lets few ask a busy workflow at a time; the log may hold the message by now.
        if (!isConvokeError(error) || error.code !== 'overloaded' || tried === LOOKS) throw error;
        await pause(LOOK_EVERY_MS);
      }
    }
  }

  async #compare(ref: SessionRef, message: Message): Promise<void> {
    const { log } = this.#deps;
    if (log) await refuseReused(log, ref, message);
  }

  /** Of one that has taken room. */
  async #compareAdmitted(ref: SessionRef, message: Message): Promise<void> {
    try {
      await this.#compare(ref, message);
    } catch (error) {
      await this.#deps.admission.giveBack(ref, message);
      throw error;
    }
  }

  async #admit(ref: SessionRef, message: Message): Promise<Admitted> {
    try {
      return await this.#deps.admission.admit(ref, message);
    } catch (error) {
      if (isConvokeError(error) && error.code === 'inbox_full') this.#lookIfFull(ref);
      throw error;
    }
  }
}
