/** Turns: all work caused by one message. */
import type { Reason } from '../reasons.ts';
import type { FailureInfo } from './step.ts';

export interface TurnEventData {
  'turn.started': { readonly messageIds: readonly string[] };
  'turn.completed': Record<string, never>;
  'turn.failed': FailureInfo;
  'turn.cancelled': { readonly reason: Reason | string };
}

/** True for the event that ends a turn: exactly one for each turn. */
export function endsTurn(type: string): boolean {
  return type === 'turn.completed' || type === 'turn.failed' || type === 'turn.cancelled';
}
