/** The place of a turn among those of its tenant, of which so many run at a time: taken before anything else, or waited for by the workflow. */
import { eventId } from '../../src/contracts/index.ts';
import type { Entered, TurnInput, TurnRef, TurnResult, TurnStatus } from '../../src/contracts/index.ts';
import { originOf, type TurnOrigin } from '../closing.ts';
import type { TurnEnd } from './turn-driver.ts';
import type { TurnLog } from './turn-log.ts';

export interface Places {
  /** A place until `leave`, or one in the line. `since`: as it was told when the turn began to wait. Throws while what counts them is away. */
  enter(turn: TurnRef, since?: number): Promise<Entered>;
  /** `goesOn`: another execution of the turn follows, which has its place. */
  leave(turn: TurnRef, goesOn: boolean): void;
  /** It waits no more. */
  forget(turn: TurnRef): void;
}

/** The run of a turn, as far as its place is concerned. */
interface Run {
  readonly log: Pick<TurnLog, 'append'>;
  patiently<T>(call: () => Promise<T>): Promise<T>;
}

const LIMIT = 'runningTurns';
const CLOSED =
  'The session was closed while the turn waited for a place: its tenant runs as many turns as it may, or is suspended.';

export class TurnPlace {
  readonly #places: Places | undefined;
  readonly #input: TurnInput;
  #isHeld = false;
  /** How the run has ended; undefined: it has not. */
  #ended: TurnStatus | undefined;

  constructor(places: Places | undefined, input: TurnInput) {
    this.#places = places;
    this.#input = input;
  }

  /** Runs the team in a place; without one it answers how this run of the turn ends. Waits while turns cannot be counted. */
  async enter(run: Run, team: () => Promise<TurnEnd>): Promise<TurnEnd> {
    const places = this.#places;
    if (!places) return team();
    const { turn, placeSince, closing } = this.#input;
    const entered = await run.patiently(() => places.enter(this.#input, placeSince));
    if (entered.status === 'entered') {
      this.#isHeld = true;
      if (this.#ended) {
        // It was stopped meanwhile: nobody listens any more.
        this.#leave(this.#ended);
        return { status: 'yielded' };
      }
      if (entered.since !== undefined) await this.#tellCleared(run, entered.since);
      return team();
    }
    const { since, most, used, place, againInMs } = entered;
    // A session that closes waits for nothing.
    if (closing) return { status: 'failed', code: 'quota_exceeded', message: CLOSED };
    if (placeSince === undefined) {
      const id = eventId.quotaWaiting(turn, since);
      const data = { limit: LIMIT, most, used, place } as const;
      await run.log.append([{ id, type: 'quota.waiting', ...this.#stem, data }]);
    }
    const until = Date.now() + againInMs;
    return { status: 'suspended', waits: [{ path: '', kind: 'retry', key: LIMIT, until, since }] };
  }

  /** Gives the place back at the end of the run. One that was cut off is followed by another, as one that yields: that has the place. */
  async during(run: () => Promise<TurnResult>): Promise<TurnResult> {
    let status: TurnStatus = 'yielded';
    try {
      const result = await run();
      status = result.status;
      return result;
    } finally {
      this.#ended = status;
      this.#leave(status);
    }
  }

  #leave(status: TurnStatus): void {
    if (this.#isHeld) this.#places?.leave(this.#input, status === 'yielded');
    else if (status === 'done' || status === 'cancelled') this.#places?.forget(this.#input);
  }

  async #tellCleared(run: Run, since: number): Promise<void> {
    const id = eventId.quotaCleared(this.#input.turn, since);
    const data = { limit: LIMIT, waitedMs: Math.max(0, Date.now() - since) } as const;
    await run.log.append([{ id, type: 'quota.cleared', ...this.#stem, data }]);
  }

  get #stem(): TurnOrigin & { readonly at: number } {
    return { at: Date.now(), ...originOf(this.#input) };
  }
}
