/** What an agent was shown, in a sentence. */
import type { Shown } from '../events/step.ts';
import { turnNumber } from '../ids.ts';

function turns(from: string, upTo: string): string {
  const [first, last] = [turnNumber(from), turnNumber(upTo)];
  return first === last ? `turn ${first}` : `turns ${first} to ${last}`;
}

/** As it follows the agent's name: "saw what was said since turn 17; turns 1 to 16 are left out". */
export function shownText({ from, summary, leftOut }: Shown): string {
  const since = from === undefined ? 'this turn' : `what was said since turn ${turnNumber(from)}`;
  const saw = summary
    ? `saw a summary of ${turns('t1', summary.upTo)} and ${since}`
    : `saw ${from === undefined ? 'only ' : ''}${since}`;
  if (!leftOut) return saw;
  const isOne = leftOut.from === leftOut.upTo;
  const partly = leftOut.upTo !== from ? '' : isOne ? ' in part' : ', the last in part';
  return `${saw}; ${turns(leftOut.from, leftOut.upTo)} ${isOne ? 'is' : 'are'} left out${partly}`;
}
