/** Scripted agents for tests. */
import type { AgentSpec, LoggedEvent } from '../../src/contracts/index.ts';
import { endsStep, endsTurn } from '../../src/contracts/index.ts';

/** Answers at once with 20 tokens. */
export function agent(name: string, more: Partial<AgentSpec> = {}): AgentSpec {
  return { name, runner: 'scripted', script: { tokens: 20 }, ...more };
}

/** Says a token every 20 ms, for a minute. */
export function slow(name: string, more: Partial<AgentSpec> = {}): AgentSpec {
  return agent(name, { script: { tokens: 3_000, paceMs: 20 }, ...more });
}

export const types = (events: readonly LoggedEvent[]): string[] => events.map((event) => event.type);

/** What makes a transcript whole: positions without a gap, each fact once, one end for each step and turn that started. */
export function faults(events: readonly LoggedEvent[]): string[] {
  const found: string[] = [];
  const ids = events.map((event) => event.id);
  events.forEach(({ seq, id }, index) => {
    if (seq !== (events[0]?.seq ?? 0) + index) found.push(`${id} at ${seq}`);
    if (ids.indexOf(id) !== index) found.push(`${id} twice`);
  });
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  const steps = events.filter((event) => endsStep(event.type)).length;
  const turns = events.filter((event) => endsTurn(event.type)).length;
  if (steps !== count('step.started')) found.push(`${count('step.started')} steps started, ${steps} ended`);
  if (turns !== count('message.accepted'))
    found.push(`${count('message.accepted')} messages, ${turns} turns ended`);
  return found;
}
