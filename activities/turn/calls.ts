/** What a team's context hands to the kernel: each awaited call, with its place. */
import {
  isCancelledAlone,
  LIMITS,
  type Approval,
  type FailureInfo,
  type JournalEntry,
  type JournalKind,
  type JsonObject,
  type Member,
  type ToolCall,
  type ToolRound,
  type TurnWait,
} from '../../src/contracts/index.ts';
import { outcomeOf } from '../step/outcome.ts';
import {
  AgentFailed,
  type AskInput,
  type Decision,
  type PersonAnswer,
  type TeamMessage,
} from '../teams/team.ts';
import type { Cast } from './cast.ts';
import type { AtOnce } from './journal.ts';
import type { StepCall, StepOutcome } from './step-call.ts';
import type { MemoryPart } from './memory.ts';
import type { Spending } from './spending.ts';
import { TeamBroken } from './stops.ts';
import type { StepEnds, TurnEnd } from './turn-driver.ts';

/** What does not change while a turn runs. */
export interface TurnFrame {
  readonly turn: string;
  readonly messages: readonly TeamMessage[];
  readonly cast: Cast;
  readonly options: JsonObject;
  readonly memory: MemoryPart;
  readonly spending: Spending;
  /** Teams that the team runs in. */
  readonly depth: number;
  /** What people have answered, by the id of the message. */
  readonly answers: ReadonlyMap<string, TeamMessage>;
  /** The messages that have joined the turn, in that order; grows while it runs. */
  readonly joining: { readonly messages: readonly TeamMessage[] };
}

/** An awaited call of the team. */
export interface Call {
  readonly path: string;
  readonly kind: 'ask' | 'call' | 'say' | 'sleep' | 'members' | 'person' | 'approval';
  readonly key: string;
  readonly step?: string;
  readonly agent?: string;
  readonly sees?: readonly string[];
  readonly last?: boolean;
  readonly use?: ToolCall;
  /** Why the tool is not called. */
  readonly refusal?: FailureInfo;
  /** What the team itself says. */
  readonly say?: string;
  readonly input?: AskInput;
  readonly rounds?: readonly ToolRound[];
  readonly mayCall?: boolean;
  /** What a person is asked. */
  readonly text?: string;
  /** What people are asked to approve. */
  readonly approval?: Approval;
  /** Of a sleep, of a question to a person and of an approval, ms since the Unix epoch. */
  readonly until: number;
  resolve(answer: CallAnswer): void;
}

/**
 * A sleep is answered with `over` or `woken`, a question for the members with those, a person's with hers, an approval with the decision, all
 * else with how its step ended.
 */
export type CallAnswer = StepOutcome | 'over' | 'woken' | readonly Member[] | PersonAnswer | Decision;

/** Why calls are taken back. */
export type WithdrawalReason = 'branch_not_needed' | 'branch_timed_out' | 'budget_spent';

/** Where calls go. */
export interface Calls {
  call(call: Call): void;
  number(kind: AtOnce, path: string): number;
  /** Calls whose paths begin with these are never answered, those that are open end as cancelled. */
  withdraw(prefixes: readonly string[], why: WithdrawalReason): void;
}

export function answerOf(calls: Calls, call: Omit<Call, 'resolve'>): Promise<CallAnswer> {
  return new Promise((resolve) => {
    calls.call({ ...call, resolve });
  });
}

/** What a turn may do so often. */
export class ApprovalCounts {
  #approvals = 0;

  /** Throws if the call is one too many. `open`: those that are not answered. */
  add(call: Call, open: Iterable<Call>): void {
    if (call.kind !== 'approval') return;
    this.#approvals += 1;
    if (this.#approvals > LIMITS.turnApprovals)
      throw new TeamBroken('turn_too_long', `A turn may ask for ${LIMITS.turnApprovals} approvals.`);
    if ([...open].filter(({ kind }) => kind === 'approval').length >= LIMITS.turnApprovalsOpen)
      throw new TeamBroken(
        'turn_too_wide',
        `A turn may wait for ${LIMITS.turnApprovalsOpen} approvals at a time.`,
      );
  }
}

/** True for a call that a step answers. */
export function isStep({ kind }: { readonly kind: JournalKind }): boolean {
  return kind === 'ask' || kind === 'call' || kind === 'say' || kind === 'summary';
}

export function stepCallOf({
  path,
  step = '',
  agent = '',
  sees = [],
  last = false,
  ...more
}: Call): StepCall {
  const { use, refusal, say, input, rounds, mayCall } = more;
  return {
    ...{ path, step, agent, sees, last },
    ...(use ? { use } : {}),
    ...(refusal ? { refusal } : {}),
    ...(say === undefined ? {} : { say }),
    ...(input ? { input } : {}),
    ...(rounds ? { rounds } : {}),
    ...(mayCall === undefined ? {} : { mayCall }),
  };
}

/** What the team itself waits for. */
export function waitsOf(calls: Iterable<Call>): readonly TurnWait[] {
  return [...calls].flatMap(({ kind, path, key, until, text, approval }): TurnWait[] =>
    kind === 'sleep' || kind === 'person' || kind === 'approval'
      ? [{ path, kind, key, until, ...(text === undefined ? {} : { text }), ...(approval && { approval }) }]
      : [],
  );
}

/** What the team is told, as the journal has it. */
export function answerIn(frame: TurnFrame, ends: StepEnds, call: Call, entry: JournalEntry): CallAnswer {
  const { outcome, roster } = entry;
  if (call.kind === 'sleep') return outcome === 'woken' ? outcome : 'over';
  if (call.kind === 'person') return personIn(frame, entry);
  if (call.kind === 'approval') return decisionIn(call, entry);
  if (call.kind !== 'members') return outcomeIn(ends, call);
  return frame.cast.told({ outcome: Number(outcome), ...(roster ? { roster } : {}) });
}

/** What people have decided. What nobody has edited was approved as it was asked for. */
function decisionIn({ approval }: Call, { outcome, decided }: JournalEntry): Decision {
  const status = outcome === 'approved' || outcome === 'denied' ? outcome : 'expired';
  const data = decided?.data ?? approval?.data;
  return { status, by: [], ...decided, ...(status === 'approved' && data ? { data } : {}) };
}

/** What a person has answered. */
function personIn({ answers }: TurnFrame, { message = '' }: JournalEntry): PersonAnswer {
  const said = answers.get(message);
  return said ? { status: 'answered', message: said } : { status: 'unanswered' };
}

/** How the step of a journaled call has ended. Throws if nobody can tell. */
function outcomeIn(ends: StepEnds, { path, step = '', agent = '', say }: Call): StepOutcome {
  const end = ends.get(step);
  if (say !== undefined && end?.type === 'step.completed' && end.data.text !== say) {
    throw new TeamBroken('team_changed', `At ${path} of the turn the team said something else before.`);
  }
  const cancelled = end?.type === 'step.cancelled' && isCancelledAlone(end.data);
  if (end?.type === 'step.completed' || end?.type === 'step.failed' || cancelled)
    return outcomeOf({ step, agent }, end);
  throw new TeamBroken('internal', `The end of step ${step} is in the journal and nowhere else.`);
}

/** How a turn ends whose team has thrown. Anything but a failed agent is a mistake in the team's code. */
export function failure(error: unknown): TurnEnd {
  if (error instanceof TeamBroken) throw error;
  if (!(error instanceof AgentFailed)) {
    throw new TeamBroken('team_failed', 'The code of the team threw an error.', error);
  }
  const { code, message } = error.outcome;
  return { status: 'failed', code, message };
}

export function changed(entry: JournalEntry, call: Call | undefined): TeamBroken {
  const expected = `${entry.kind}${entry.key ? ` ${entry.key}` : ''}`;
  const found = call ? `"${call.kind} ${call.key}"` : 'no call';
  return new TeamBroken(
    'team_changed',
    `At ${entry.path} of the turn the team made the call "${expected}" before, and makes ${found} now.`,
  );
}
