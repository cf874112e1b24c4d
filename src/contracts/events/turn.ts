/** Turns: all work caused by one message. */
import type { JsonObject } from '../json.ts';
import type { Reason } from '../reasons.ts';
import type { FailureInfo } from './step.ts';

export interface TurnEventData {
  'turn.started': { readonly messageIds: readonly string[] };
  /** `memory`: what the team keeps for its next turn, if this one has changed it. */
  'turn.completed': { readonly memory?: JsonObject };
  'turn.failed': FailureInfo;
  'turn.cancelled': { readonly reason: Reason | string };
}

/** True for the event that ends a turn: exactly one for each turn. */
export function endsTurn(type: string): boolean {
  return type === 'turn.completed' || type === 'turn.failed' || type === 'turn.cancelled';
}
