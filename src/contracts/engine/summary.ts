/** The summary of a long session: who makes it, and which one is the newest. Pure. */
import { agentOf, type AgentSpec } from '../agent.ts';
import type { EventDraft } from '../events/envelope.ts';
import { stepId, turnNumber } from '../ids.ts';
import type { SummarySpec } from '../session.ts';
import type { SummaryRequest } from '../wire.ts';
import type { JournalEntry } from './turn.ts';

/** Where a session's newest summary is, and what it stands for. */
export interface SummaryPoint {
  /** The step that has made it; absent: none has been made. */
  readonly step?: string;
  /** It stands for the turns up to this number; 0: for none. */
  readonly upTo: number;
  /** All of later turns comes after this event. */
  readonly seq: number;
  /** The number of the turn in which the next one was tried last, and failed. */
  readonly failed?: number;
}

export const NO_SUMMARY: SummaryPoint = { upTo: 0, seq: 0 };

/** `agents`: those of the session. */
export function summaryOf({ agent, ...rest }: SummaryRequest, agents: readonly AgentSpec[]): SummarySpec {
  const own = typeof agent === 'string' ? agents.find(({ name }) => name === agent) : undefined;
  return { agent: own ?? agentOf(agent), ...rest };
}

/** The newest summary after what a turn has journaled. */
export function summaryAfter(
  before: SummaryPoint | undefined,
  turn: string,
  entries: readonly JournalEntry[],
): SummaryPoint | undefined {
  let point = before;
  for (const { kind, path, key, seq = 0, outcome } of entries) {
    if (kind !== 'summary') continue;
    if (outcome === 'completed') point = newer(point, { step: stepId(turn, path), upTo: Number(key), seq });
    else point = { ...(point ?? NO_SUMMARY), failed: turnNumber(turn) };
  }
  return point;
}

/** The newest summary after an event. */
export function summaryNoted(before: SummaryPoint | undefined, event: EventDraft): SummaryPoint | undefined {
  if (event.type !== 'step.completed' || !event.data.summarises || event.step === undefined) return before;
  const { upTo, seq } = event.data.summarises;
  return newer(before, { step: event.step, upTo: turnNumber(upTo), seq });
}

function newer(before: SummaryPoint | undefined, next: SummaryPoint): SummaryPoint {
  return before && before.upTo >= next.upTo ? before : next;
}
