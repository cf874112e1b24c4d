/** What the code of a team hands over, checked: JavaScript may hand over anything. Pure. */
import { LIMITS } from '../../src/contracts/index.ts';
import type { AskInput, LastWord } from '../teams/team.ts';
import { TeamBroken } from './stops.ts';

/** What a team's function has returned; null: nothing, or an answer, which has been said already. */
export function lastWordIn(returned: unknown): LastWord | null {
  if (!returned) return null;
  const { agent, status } = returned as Readonly<Record<string, unknown>>;
  if (typeof agent !== 'string') {
    throw new TeamBroken('team_failed', 'A team returns nothing, or its last word: { agent: "name" }.');
  }
  return status === undefined ? (returned as LastWord) : null; // safety: `checkInput` follows
}

/** Throws if an agent cannot be told this. */
export function checkInput(input: unknown): asserts input is AskInput | undefined {
  if (input === undefined) return;
  if (typeof input !== 'object' || input === null) throw wrong('{ task, tools, output }');
  const { task, tools, output } = input as Readonly<Record<string, unknown>>;
  if (task !== undefined && (typeof task !== 'string' || task.length > LIMITS.taskChars))
    throw wrong(`a text of at most ${LIMITS.taskChars} characters as "task"`);
  if (tools !== undefined && !(Array.isArray(tools) && tools.every((name) => typeof name === 'string')))
    throw wrong('a list of names as "tools"');
  if (output !== undefined && (typeof output !== 'object' || output === null || Array.isArray(output)))
    throw wrong('a JSON Schema as "output"');
}

function wrong(what: string): TeamBroken {
  return new TeamBroken('team_failed', `An agent is asked with ${what}.`);
}
