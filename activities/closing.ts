import type { Closing } from '../src/contracts/index.ts';
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
