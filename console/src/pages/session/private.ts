/** Private feedback, such as that of scorers: no view has it, as a view is the same for everybody. It is in the events. Pure. */
import type { GivenFeedback, SessionEvent } from '../../../../src/contracts/public.ts';

const sourceOf = ({ by, turn, step = '' }: GivenFeedback): string => JSON.stringify([by, turn, step]);

/** What counts after these events: of each giver on a turn or a step the last, unless it was taken back. */
export function privateFeedback(events: readonly SessionEvent[]): readonly GivenFeedback[] {
  const given = new Map<string, GivenFeedback>();
  for (const { type, data, at } of events) {
    if (type !== 'feedback.given' || 'withheld' in data) continue;
    const each: GivenFeedback = { ...data, at };
    // Given again, it may have become public, and the other way round.
    given.delete(sourceOf(each));
    if (each.private && !each.retracted) given.set(sourceOf(each), each);
  }
  return [...given.values()];
}
