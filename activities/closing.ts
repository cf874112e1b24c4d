import type { Closing, EventDraft } from '../src/contracts/index.ts';
import type { AppendInput } from '../src/log/index.ts';

/** How the log is told to end the open steps of a turn. */
export function closesOf(
  { turn, step, ...end }: Closing,
  at: number,
  cause: string | undefined,
): Pick<AppendInput, 'closes'> {
  const place = { at, ...(cause === undefined ? {} : { cause }) };
  const only = step === undefined ? {} : { step };
  return { closes: { turn, ...only, end: { ...place, ...end } } };
}

/** The turn's end also ends what its team has left running. */
export function closesTurn(end: EventDraft, turn: string): Pick<AppendInput, 'closes'> {
  const { at, cause } = end;
  // It was one of these steps, perhaps.
  if (end.type === 'turn.failed' && end.data.code === 'worker_blocked') {
    return closesOf({ turn, type: 'step.failed', data: end.data }, at, cause);
  }
  const data = { reason: 'the turn has ended' };
  return closesOf({ turn, type: 'step.cancelled', data }, at, cause);
}
