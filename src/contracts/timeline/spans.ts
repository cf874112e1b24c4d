/**
 * The table of what is stamped: each stretch of a message's way, its stage, and where the stamps of its two ends come from. All of them are
 * fields of events that are written anyway, but for those of `deliver` and `signal`, which gateways have in memory.
 */
import type { Stage, WaitReason } from './waits.ts';

/** Whose clock a stamp was read from. Temporal's is that of the workflow. */
export type Clock = 'gateway' | 'temporal' | 'worker';

interface Stretch {
  readonly stage: Stage;
  readonly kind: 'work' | 'wait' | 'gap';
  readonly reason?: WaitReason;
  readonly clocks: readonly [from: Clock, to: Clock];
  /** In a few words, for people. */
  readonly title: string;
  /** From which stamp to which. */
  readonly stamps: string;
}

const stretch = (
  [stage, kind, from, to]: readonly [Stage, Stretch['kind'], Clock, Clock],
  title: string,
  stamps: string,
  reason?: WaitReason,
): Stretch => ({ stage, kind, clocks: [from, to], title, stamps, ...(reason && { reason }) });

export const SPANS = {
  refused: stretch(
    ['ingest', 'wait', 'gateway', 'gateway'],
    'refused, until it was let in',
    'first refusal (`waits` of the message) → `stamps.ingest`',
    'quota',
  ),
  admission: stretch(
    ['ingest', 'work', 'gateway', 'gateway'],
    'checked and let in',
    '`stamps.ingest` → `stamps.admit`',
  ),
  signal: stretch(
    ['ingest', 'wait', 'gateway', 'gateway'],
    'persisted by Temporal',
    '`stamps.admit` → the answer of Temporal (in the memory of its gateway)',
    'engine',
  ),
  task: stretch(
    ['orchestrate', 'wait', 'gateway', 'temporal'],
    'taken by the session',
    '`stamps.admit`, or the answer of Temporal → `stamps.orchestrate`',
    'worker',
  ),
  unstamped: stretch(
    ['ingest', 'gap', 'gateway', 'temporal'],
    'not stamped: an earlier version',
    '– → `stamps.orchestrate`',
  ),
  schedule: stretch(
    ['orchestrate', 'wait', 'temporal', 'temporal'],
    'until its time',
    '`at` of `message.scheduled` → `at` of `message.accepted`',
    'schedule',
  ),
  queue: stretch(
    ['orchestrate', 'wait', 'temporal', 'temporal'],
    'in the queue',
    '`stamps.orchestrate` → `at` of `turn.started`, or of the `turn.merged` with which it joins a turn',
    'queue',
  ),
  start: stretch(
    ['orchestrate', 'wait', 'temporal', 'worker'],
    'turn taken by a worker',
    '`at` of `turn.started` → `at` of its first step',
    'worker',
  ),
  able: stretch(
    ['orchestrate', 'wait', 'worker', 'worker'],
    'a worker that has what it needs',
    'handed over (`waits` of `step.started`) → `at` of that; or the end of a step → `no_worker_for_agent`',
    'worker',
  ),
  place: stretch(
    ['orchestrate', 'wait', 'worker', 'worker'],
    'a place among the tenant’s turns',
    '`at` of `quota.waiting` → of `quota.cleared`',
    'quota',
  ),
  answer: stretch(
    ['execute', 'wait', 'worker', 'worker'],
    'first token',
    'the attempt’s begin → `stamps.first` of the step’s end',
    'provider',
  ),
  tokens: stretch(
    ['execute', 'work', 'worker', 'worker'],
    'tokens',
    '`stamps.first` → `stamps.last` of the step’s end',
  ),
  finish: stretch(['execute', 'work', 'worker', 'worker'], 'ended', '`stamps.last` → `at` of the step’s end'),
  attempt: stretch(
    ['execute', 'work', 'worker', 'worker'],
    'attempt',
    'the attempt’s begin → its failure, or the step’s end',
  ),
  tool: stretch(
    ['execute', 'work', 'worker', 'worker'],
    'tool',
    '`at` of `step.started` → of the step’s end',
  ),
  lost: stretch(
    ['execute', 'gap', 'worker', 'worker'],
    'worker lost',
    'the lost attempt’s begin → `at` of `step.restarted`; nothing is known of the time between',
    'worker',
  ),
  slot: stretch(
    ['execute', 'wait', 'worker', 'worker'],
    'a free slot at the endpoint',
    '`waits` of the step’s end',
    'slot',
  ),
  engine: stretch(
    ['execute', 'wait', 'worker', 'worker'],
    'the log was away',
    '`waits` of the step’s end',
    'engine',
  ),
  retry: stretch(
    ['execute', 'wait', 'worker', 'worker'],
    'until the next attempt',
    '`at` of `step.waiting` → of `step.restarted`',
    'retry',
  ),
  approval: stretch(
    ['orchestrate', 'wait', 'temporal', 'temporal'],
    'approval',
    '`at` of `approval.requested` → of `approval.decided`',
    'approval',
  ),
  person: stretch(
    ['orchestrate', 'wait', 'temporal', 'temporal'],
    'answer of a person',
    '`at` of `person.asked` → of her message, or of `person.unanswered`',
    'person',
  ),
  between: stretch(
    ['execute', 'gap', 'worker', 'worker'],
    'between steps: not recorded',
    'the end of a step → the begin of the next, or the turn’s end',
  ),
  moved: stretch(
    ['execute', 'gap', 'worker', 'worker'],
    'moved to another worker',
    'the same, where the next step has another process',
    'worker',
  ),
  push: stretch(
    ['deliver', 'wait', 'worker', 'gateway'],
    'committed and sent',
    '`at` of the newest event → when the gateway sent it (in its memory)',
    'engine',
  ),
  acknowledge: stretch(
    ['deliver', 'wait', 'gateway', 'gateway'],
    'acknowledged',
    'the event sent, or the subscription → its client has it (in the memory of its gateway)',
    'client',
  ),
  undelivered: stretch(
    ['deliver', 'gap', 'worker', 'gateway'],
    'no gateway remembers sending it',
    '`at` of the newest event → –',
  ),
} as const satisfies Record<string, Stretch>;

export type SpanName = keyof typeof SPANS;
