/** What the kernel needs of the world, and how it ends. */
import type { Guard, LoggedEvent, TurnWait } from '../../src/contracts/index.ts';
import type { Call, WithdrawalReason } from './calls.ts';
import type { Cast, RosterNews } from './cast.ts';
import type { StepCall, StepOutcome } from './step-call.ts';

/** A pause of the team. */
export type PauseCall = Pick<Call, 'path' | 'key' | 'until'>;

/** What the kernel needs of the world. */
export interface TurnDriver {
  /**
   * Runs a step; resolves in the order of the journal, once the outcome is durable and shown. Rejects only with `TurnStopped`: of kind
   * `withdrawn` if it was.
   */
  step(call: StepCall): Promise<StepOutcome>;
  /** Stops steps whose outcomes nobody waits for any more, and ends those that are open, here or in the log, as cancelled. */
  withdraw(calls: readonly StepCall[], why: WithdrawalReason): Promise<void>;
  /** Open steps that pause; what they wait for. */
  pausing(): readonly TurnWait[];
  /** Runners that this worker has not got, of the steps that wait for one that has. */
  lacking(): readonly string[];
  /** Resolves at that time, ms since the Unix epoch. Rejects with `TurnStopped` if the run is stopped before. */
  at(time: number): Promise<void>;
  /** Journals that a pause is over; resolves in the order of the journal. */
  over(call: PauseCall): Promise<void>;
  /** Journals who takes part in the session now; resolves with the entry, in the order of the journal. */
  members(call: PauseCall, cast: Cast): Promise<RosterNews>;
  now(): number;
  random(): number;
  /** The run should end at its next pause between steps. */
  readonly mustYield: boolean;
  /** A wait that is longer than this is left to the workflow, ms. */
  readonly suspendAfterMs: number;
}

export type TurnEnd =
  /** `last`: the turn's end was committed with the last step's. */
  | { readonly status: 'completed'; readonly last: boolean }
  | { readonly status: 'failed'; readonly code: string; readonly message: string; readonly guard?: Guard }
  | { readonly status: 'suspended'; readonly waits: readonly TurnWait[] }
  | { readonly status: 'yielded' };

/** How the steps of the journal have ended, by step id. */
export type StepEnds = ReadonlyMap<string, LoggedEvent>;
