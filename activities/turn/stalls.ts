/** Before the code of a turn runs again: has it blocked the workers that ran it? */
import { setTimeout as pause } from 'node:timers/promises';
import { ERRORS, RECOVERY, type SessionRef } from '../../src/contracts/index.ts';
import type { Stalls } from '../../src/log/index.ts';
import { TEAMS } from '../teams/index.ts';
import type { Team } from '../teams/team.ts';
import { TeamBroken, TurnStopped } from './stops.ts';
import type { TurnCall } from './turn-deps.ts';
import { runFor } from './whose.ts';

/** Between two looks at a worker that the turn blocks at this moment, ms. */
const LOOK_MS = 200;
/** It has ended, or goes on, within this, ms, unless somebody else has ended it. */
const PATIENCE_MS = 3 * RECOVERY.stallEndedMs;

const BUILT_IN: ReadonlySet<Team> = new Set(Object.values(TEAMS));

/** A run of a turn. */
export interface Suspect {
  readonly ref: SessionRef;
  readonly turn: string;
  /** Among all executions of the turn; 0: inside a workflow task, whose executions have no order. */
  readonly order: number;
  readonly state: { readonly lost: number };
  readonly signal: AbortSignal;
  patiently<T>(call: () => Promise<T>): Promise<T>;
}

/**
 * Waits while the turn blocks another worker, which is about to end: one at a time is enough. Throws `worker_blocked` once
 * `RECOVERY.stalledWorkers` have ended with it; `worker_lost` if the team's code was never heard of again, for whatever reason. Returns the
 * team, known to run for the turn.
 */
export async function heedStalls(
  stalls: Pick<Stalls, 'of'>,
  run: Suspect,
  { draining }: Pick<TurnCall, 'draining'>,
  team: Team,
): Promise<Team> {
  const { ref, turn, order, state, signal } = run;
  const known: Team = (context) => runFor({ ...ref, turn }, () => team(context));
  // With the bound itself an open step fails, and that is progress.
  if (state.lost > RECOVERY.lostAttempts) throw new TeamBroken('worker_lost', ERRORS.worker_lost.title);
  // Quick agents are no code of one's own.
  const isFirst = order === 1 || (order === 0 && BUILT_IN.has(team));
  if (isFirst) return known;
  const latest = Date.now() + PATIENCE_MS;
  for (;;) {
    const told = await run.patiently(() => stalls.of(ref, turn));
    // Called again outside of the task, it can wait.
    if (order === 0 && told.length > 0) throw new TurnStopped('superseded');
    const ended = told.filter((each) => each === 'ended').length;
    if (ended >= RECOVERY.stalledWorkers) throw new TeamBroken('worker_blocked', ERRORS.worker_blocked.title);
    if (ended === told.length || Date.now() > latest) return known;
    if (draining.aborted) throw new TurnStopped('drained');
    await pause(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
