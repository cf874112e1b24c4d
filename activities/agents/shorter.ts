/** What a model is told when all of it was too long. */
import { LIMITS } from '../../src/contracts/index.ts';
import type { ToolRound } from '../../src/contracts/index.ts';
import { bounded } from '../tools/bounded.ts';
import type { RunRequest, Utterance } from './runner.ts';

type Told = Pick<RunRequest, 'conversation' | 'rounds'>;

/** The same without the older half of the conversation, and with short results of tools. Null: none of it can go. */
export function shorter<T extends Told>(told: T): T | null {
  const conversation = withoutOldest(told.conversation);
  const rounds = withShortResults(told.rounds ?? []);
  if (!conversation && !rounds) return null;
  return { ...told, ...(conversation && { conversation }), ...(rounds && { rounds }) };
}

/**
 * A conversation without the oldest half of its text that is not pinned, nor a summary of what is older still: at least one utterance less. Null
 * if there is none.
 */
function withoutOldest(conversation: readonly Utterance[]): readonly Utterance[] | null {
  const sizeOf = ({ text, data = [] }: Utterance): number => text.length + JSON.stringify(data).length;
  const free = conversation.filter(({ pinned, summary }) => pinned !== true && !summary);
  if (free.length === 0) return null;
  const dropped = new Set<Utterance>();
  let left = free.reduce((sum, said) => sum + sizeOf(said), 0) / 2;
  for (const said of free) {
    if (left <= 0) break;
    dropped.add(said);
    left -= sizeOf(said);
  }
  return conversation.filter((said) => !dropped.has(said));
}

/** Null if all results are short. */
function withShortResults(rounds: readonly ToolRound[]): readonly ToolRound[] | null {
  const isLong = ({ calls }: ToolRound): boolean =>
    calls.some(({ result }) => result.text.length > LIMITS.shortResultChars);
  if (!rounds.some(isLong)) return null;
  return rounds.map((round) => ({
    ...round,
    calls: round.calls.map((call) => ({
      ...call,
      result: { ...call.result, text: bounded(call.result.text, LIMITS.shortResultChars) },
    })),
  }));
}
