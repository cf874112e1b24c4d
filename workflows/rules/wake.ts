import type { WakeReply } from '../../src/contracts/index.ts';
import type { RunningTurn } from './turn.ts';

/** Ends the sleep of the team before its time: that of the named turn, or of whichever is at work. */
export function wakeSleep(running: RunningTurn | null, turn: string | undefined): WakeReply {
  const isMeant = running !== null && (turn === undefined || turn === running.turn);
  return isMeant && running.wakeSleep() ? { status: 'woken', turn: running.turn } : { status: 'none' };
}
