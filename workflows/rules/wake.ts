import type { WakeReply } from '../../src/contracts/index.ts';
import type { RunningTurn } from './turn.ts';

/** Ends the sleep of the team before its time: that of the named turn, or of the first at work that sleeps. */
export function wakeSleep(running: readonly RunningTurn[], turn: string | undefined): WakeReply {
  const woken = running.find((each) => (turn === undefined || turn === each.turn) && each.wakeSleep());
  return woken ? { status: 'woken', turn: woken.turn } : { status: 'none' };
}
