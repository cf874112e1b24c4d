/** Turns: all work caused by one message. */
import type { Guard } from '../budget.ts';
import type { JsonObject } from '../json.ts';
import type { Reason } from '../reasons.ts';
import type { FailureInfo } from './step.ts';

export interface TurnEventData {
  /**
   * `beside`: it runs beside the turn of the main lane. `unseen`: the turns that were at work when it started; its agents are not shown what is
   * said in those. Absent: none.
   */
  'turn.started': {
    readonly messageIds: readonly string[];
    readonly beside?: true;
    readonly unseen?: readonly string[];
  };
  /** `memory`: what the team keeps for its next turn, if this one has changed it. */
  'turn.completed': { readonly memory?: JsonObject };
  /** `guard`: which limit of the session was reached, if the code is `budget_spent`. */
  'turn.failed': FailureInfo & { readonly guard?: Guard };
  /**
   * `by`: the message that stopped it, or took its place. `rolledBack`: what was said in it, and the messages that it answered, are not shown
   * to agents any more.
   */
  'turn.cancelled': { readonly reason: Reason | string; readonly by?: string; readonly rolledBack?: true };
  /** The turn does not start: its messages are answered in another one. `intoTrace`: the trace of that one, if it is not that of this event. */
  'turn.merged': {
    readonly into: string;
    readonly intoTrace?: string;
    readonly messageIds: readonly string[];
    readonly reason: Reason;
  };
}

/** `trace`: of the turn that is merged; `other`: of the one in which its messages are answered. */
export function intoTrace(
  trace: string | undefined,
  other: string | undefined,
): Pick<TurnEventData['turn.merged'], 'intoTrace'> {
  return trace === undefined || other === undefined || other === trace ? {} : { intoTrace: other };
}

/** True for the event that ends a turn: exactly one for each turn. */
export function endsTurn(type: string): boolean {
  return (
    type === 'turn.completed' || type === 'turn.failed' || type === 'turn.cancelled' || type === 'turn.merged'
  );
}
