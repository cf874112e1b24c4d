/** The thread that watches the event loop of the main thread. See event-loop.ts. */
import { workerData } from 'node:worker_threads';
import { RECOVERY } from '../contracts/index.ts';
import { Standstill } from './standstill.ts';
import { DEBUGGED, TICKS, type WatchedLoop } from './watched-loop.ts';

const loop = workerData as WatchedLoop; // safety: only event-loop.ts starts this
const { shared } = loop;

let ticks = Atomics.load(shared, TICKS);
/** Looks since the event loop came round. A process that was suspended, or starved, has looked less often, not later. */
let looks = 0;
let standstill: Standstill | null = null;

function look(): void {
  const now = Atomics.load(shared, TICKS);
  looks = now === ticks ? looks + 1 : 0;
  ticks = now;
  const ms = looks * RECOVERY.stallLookMs;
  if (looks === 0) {
    standstill?.over();
    standstill = null;
  } else if (ms === RECOVERY.stallNoticedMs && Atomics.load(shared, DEBUGGED) === 0) {
    standstill = new Standstill(loop, ticks);
  } else if (ms === RECOVERY.stallEndedMs) {
    standstill?.end();
  }
}

setInterval(look, RECOVERY.stallLookMs);
