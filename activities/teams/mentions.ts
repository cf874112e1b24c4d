import { LIMITS, type Member } from '../../src/contracts/index.ts';
import type { TeamContext } from './team.ts';

/** The names that a text mentions as `@name`, in its order. */
export function mentioned(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/@([A-Za-z0-9_-]+)/g)].map(([, name = '']) => name))];
}

/** Asks the people among `names` what `text` says; answers the other names, and those that the people mention. */
export async function askPeople(
  { askPerson }: Pick<TeamContext, 'askPerson'>,
  members: readonly Member[],
  { names, text, timeoutMs }: { names: readonly string[]; text: string; timeoutMs: number },
): Promise<readonly string[]> {
  const people = new Set(members.filter(({ kind }) => kind === 'person').map(({ name }) => name));
  const named = names.filter((name) => !people.has(name));
  for (const name of names.filter((each) => people.has(each))) {
    const answer = await askPerson(name, { text: text.slice(0, LIMITS.questionChars), timeoutMs });
    if (answer.status === 'answered') named.push(...mentioned(answer.message.text));
  }
  return [...new Set(named)];
}
