/** Why a turn's activity stops before its team has ended. */
import {
  isConvokeError,
  LIMITS,
  spentSentence,
  type ErrorCode,
  type Guard,
  type Spent,
} from '../../src/contracts/index.ts';

/**
 * `superseded`: another attempt of the activity has taken over, or the workflow is gone: show nothing, report nothing. `cancelled`: the turn
 * has an end, or is about to get one. `drained`: the worker stops. `unable`: this worker has no runner for an agent. `withdrawn`: the team has
 * no use for this step any more; the turn goes on. `ended`: somebody has cancelled this step; the team hears of it, and the turn goes on.
 */
export type StopKind = 'superseded' | 'cancelled' | 'drained' | 'unable' | 'withdrawn' | 'ended';

export class TurnStopped extends Error {
  readonly kind: StopKind;
  /** What an `unable` worker lacks: the name of a runner. */
  readonly needs: string | undefined;

  constructor(kind: StopKind, needs?: string) {
    // A signal, not a mistake: nobody reads its stack trace, which costs more than all else of it.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`The turn was stopped: ${kind}.`);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'TurnStopped';
    this.kind = kind;
    this.needs = needs;
  }
}

/** The team cannot go on: its code has changed, threw, or reached a limit. Ends the turn with this code. */
export class TeamBroken extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TeamBroken';
    this.code = code;
  }
}

/** A limit of the session is reached. */
export class BudgetSpent extends TeamBroken {
  readonly guard: Guard;

  constructor(spent: Spent) {
    super('budget_spent', spentSentence(spent));
    this.guard = spent.guard;
  }
}

/** It waits for a promise that never settles, perhaps, or for the world outside. */
export class TeamStalled extends TeamBroken {
  constructor() {
    super('team_stalled', `The team waited ${LIMITS.teamIdleMs} ms for something that is none of its calls.`);
  }
}

/** The turn ends with this: its team is broken, or what an agent must be shown cannot be had. No other attempt would go better. */
export type FatalError = Error & { readonly code: ErrorCode };

export function isFatal(error: unknown): error is FatalError {
  return error instanceof TeamBroken || (isConvokeError(error) && error.code === 'context_incomplete');
}
