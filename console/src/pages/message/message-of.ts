import type { SessionView } from '../../../../src/contracts/public.ts';

/** The message that a turn answers, or is to answer; undefined: the view does not go back so far. */
export function messageOf({ turns, entries }: SessionView, turn: string): string | undefined {
  const found = turns.find((each) => each.turn === turn);
  // Its messages are answered in another one.
  const id = found?.into ?? turn;
  const [first] = turns.find((each) => each.turn === id)?.messageIds ?? [];
  if (first !== undefined) return first;
  const entry = entries.find((each) => each.kind === 'message' && each.turn === id);
  return entry?.kind === 'message' ? entry.messageId : undefined;
}
