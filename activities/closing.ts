import type { Closing, EventDraft, TurnInput } from '../src/contracts/index.ts';
import type { AppendInput } from '../src/log/index.ts';

/** Where a fact comes from: the message that caused it, and the trace of that. */
export type Origin = Pick<EventDraft, 'cause' | 'trace'>;

/** Of what a turn does. */
export type TurnOrigin = Origin & { readonly turn: string; readonly cause: string };

export function originOf({ turn, causes, trace }: Pick<TurnInput, 'turn' | 'causes' | 'trace'>): TurnOrigin {
  return { turn, cause: causes[0] ?? '', ...(trace === undefined ? {} : { trace }) };
}

/** How the log is told to end the open steps of a turn. */
export function closesOf(
  { turn, step, ...end }: Closing,
  at: number,
  { cause, trace }: Origin,
): Pick<AppendInput, 'closes'> {
  const place = {
    ...{ at, ...(cause === undefined ? {} : { cause }) },
    ...(trace === undefined ? {} : { trace }),
  };
  const only = step === undefined ? {} : { step };
  return { closes: { turn, ...only, end: { ...place, ...end } } };
}

/** The turn's end also ends what its team has left running. */
export function closesTurn(end: EventDraft, turn: string): Pick<AppendInput, 'closes'> {
  const { at } = end;
  // It was one of these steps, perhaps.
  if (end.type === 'turn.failed' && end.data.code === 'worker_blocked') {
    return closesOf({ turn, type: 'step.failed', data: end.data }, at, end);
  }
  const data = { reason: 'the turn has ended' };
  return closesOf({ turn, type: 'step.cancelled', data }, at, end);
}
