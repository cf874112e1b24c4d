/** What a test gives: the answers of agents and people, and decisions. */
import {
  openingRoster,
  type AgentSpec,
  type Approval,
  type Handoff,
  type Json,
  type JournalEntry,
  type JsonObject,
  type Member,
  type Roster,
} from '../../src/contracts/index.ts';
import type { TeamMessage } from '../teams/team.ts';
import type { StepCall, StepOutcome } from '../turn/step-call.ts';
import type { TeamTest } from './run-team.ts';

/** What an agent does when it is asked: it says a text (anything but a text as JSON), hands over, fails, or is never done. */
export type GivenAnswer =
  Json | { readonly handoff: Handoff } | { readonly fail: string } | { readonly never: true };

/** A decision, or what is approved instead of what was asked for. */
export type GivenDecision =
  'approved' | 'denied' | 'expired' | { readonly denied: string } | { readonly approved: JsonObject };

/** Who decides is `somebody`. */
export function decisionOf(
  { onExpiry }: Approval,
  given: GivenDecision = 'expired',
): Pick<JournalEntry, 'outcome' | 'decided'> {
  const by = ['somebody'];
  if (given === 'expired')
    return { outcome: onExpiry === 'approve' ? 'approved' : given, decided: { by: [] } };
  if (typeof given === 'string') return { outcome: given, decided: { by } };
  if ('denied' in given) return { outcome: 'denied', decided: { by, reason: given.denied } };
  return { outcome: 'approved', decided: { by, data: given.approved } };
}

export const messageId = (name: string, asked: number): string => `${name}-${asked + 1}`;

/** What people answer, by the id of the message. */
export function answersOf({ people = {} }: TeamTest): ReadonlyMap<string, TeamMessage> {
  return new Map(
    Object.entries(people).flatMap(([from, texts]) =>
      texts.map((text, index): [string, TeamMessage] => {
        const id = messageId(from, index);
        return [id, { id, from, text }];
      }),
    ),
  );
}

/** As the turn starts. */
export function rosterOf({ agents, paused = [], people = {} }: TeamTest): Roster {
  const opening = openingRoster(agents.map(agentOf));
  const members = opening.members.map((member): Member =>
    paused.includes(member.name) ? { ...member, status: 'paused' } : member,
  );
  const others = Object.keys(people).map((name): Member => ({ kind: 'person', name, status: 'active' }));
  return { ...opening, members: [...members, ...others] };
}

export function agentOf(given: string | AgentSpec): AgentSpec {
  return typeof given === 'string' ? { name: given, runner: 'scripted' } : given;
}

/** Null: it never ends. */
export function endOf({ step, agent }: StepCall, answer: GivenAnswer): StepOutcome | null {
  if (typeof answer === 'string') return { status: 'completed', step, agent, text: answer, calls: [] };
  if (typeof answer === 'object' && answer !== null) {
    if ('never' in answer) return null;
    if ('fail' in answer && typeof answer.fail === 'string') {
      return { status: 'failed', step, agent, code: answer.fail, message: 'It failed.', text: '' };
    }
    if ('handoff' in answer) {
      const input = answer.handoff as unknown as JsonObject; // safety: see `GivenAnswer`
      return { status: 'completed', step, agent, text: '', calls: [{ id: '1', tool: 'hand_over', input }] };
    }
  }
  return { status: 'completed', step, agent, text: JSON.stringify(answer), calls: [] };
}
