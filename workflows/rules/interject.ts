/**
 * What a message does when it comes, by its policy and by what the main lane of the session is about: there turns run one after the other. Only
 * `parallel` asks for a turn beside it. Pure and total; PROTOCOL.md's table is printed from here
 * (`test/workflows/rules/interject.test.ts`).
 */
import type {
  ErrorCode,
  InterjectionPolicy,
  ReceiptStatus,
  SessionStatus,
} from '../../src/contracts/index.ts';
import type { RunningTurn } from './turn.ts';

/**
 * Of the main lane. `idle`: nothing runs and nothing waits. `queued`: nothing runs, or what runs is about to end, and messages wait. `running`: a
 * turn runs. `waiting`: a turn has begun, and waits for a time or a person. `ending`: the turn's end is known, or somebody has cancelled it; nothing
 * waits. `closing`: the session accepts nothing any more.
 */
export const PHASES = ['idle', 'queued', 'running', 'waiting', 'ending', 'closing'] as const;
export type Phase = (typeof PHASES)[number];

interface Meaning {
  /** What the receipt says once the message has its place. */
  readonly receipt: ReceiptStatus;
  readonly code?: ErrorCode;
  readonly does: string;
}

export const INTERJECTIONS = {
  starts: { receipt: 'accepted', does: 'starts a turn' },
  startsBeside: { receipt: 'accepted', does: 'starts a turn beside it' },
  waits: { receipt: 'queued', does: 'waits, then starts a turn' },
  waitsForPlace: { receipt: 'queued', does: 'waits for a place beside it, or its end, then starts a turn' },
  joins: { receipt: 'queued', does: 'joins the turn at its next step; if the turn ends first, starts one' },
  joinsNow: { receipt: 'consumed', does: 'joins the turn at once, and ends its sleep' },
  joinsNext: { receipt: 'queued', does: 'joins the turn that starts next' },
  stops: { receipt: 'queued', does: 'stops the turn, then starts one, before what waits' },
  withdraws: {
    receipt: 'queued',
    does: 'stops the turn and withdraws it, then starts one, before what waits',
  },
  overtakes: { receipt: 'queued', does: 'starts a turn before what waits' },
  merges: { receipt: 'queued', does: 'waits, then starts one turn with all that waits' },
  replaces: { receipt: 'queued', does: 'supersedes what waits, then starts a turn' },
  refused: { receipt: 'rejected', code: 'turn_running', does: 'is refused' },
  closed: { receipt: 'rejected', code: 'session_closed', does: 'is refused' },
} as const satisfies Record<string, Meaning>;
export type Interjection = keyof typeof INTERJECTIONS;

export function meaningOf(interjection: Interjection): Meaning {
  return INTERJECTIONS[interjection];
}

/** `waits`: there are messages that wait. */
export function phaseOf(status: SessionStatus, turn: Busyness | null, waits: boolean): Phase {
  if (status !== 'open') return 'closing';
  if (turn && !turn.endSeen && !turn.cancelled && turn.phase !== 'over')
    return turn.phase === 'waiting' ? 'waiting' : 'running';
  if (waits) return 'queued';
  return turn ? 'ending' : 'idle';
}

/** What counts of a turn that has begun. */
type Busyness = Pick<RunningTurn, 'phase' | 'endSeen' | 'cancelled'>;

type Busy = Exclude<Phase, 'idle' | 'ending' | 'closing'>;

/** Where nothing runs and nothing waits, all policies are one. */
const BUSY: Readonly<Record<InterjectionPolicy, Readonly<Record<Busy, Interjection>>>> = {
  queue: { queued: 'waits', running: 'waits', waiting: 'waits' },
  steer: { queued: 'joinsNext', running: 'joins', waiting: 'joinsNow' },
  interrupt: { queued: 'overtakes', running: 'stops', waiting: 'stops' },
  rollback: { queued: 'overtakes', running: 'withdraws', waiting: 'withdraws' },
  merge: { queued: 'merges', running: 'merges', waiting: 'merges' },
  latest: { queued: 'replaces', running: 'replaces', waiting: 'replaces' },
  parallel: { queued: 'startsBeside', running: 'startsBeside', waiting: 'startsBeside' },
  reject: { queued: 'refused', running: 'refused', waiting: 'refused' },
};

/** `hasPlace`: another turn may run beside that of the main lane. */
export function interject(policy: InterjectionPolicy, phase: Phase, hasPlace = true): Interjection {
  if (phase === 'closing') return 'closed';
  if (phase === 'idle' || phase === 'ending') return 'starts';
  const does = BUSY[policy][phase];
  return does === 'startsBeside' && !hasPlace ? 'waitsForPlace' : does;
}
