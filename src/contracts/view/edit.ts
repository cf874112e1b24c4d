/** Copy-on-write edits of a view's entries. */
import { keepNewest } from './bound.ts';
import type { Entry, MessageEntry, SessionView, StepEntry } from './types.ts';

export function withEntry(view: SessionView, entry: Entry): SessionView {
  const entries = keepNewest([...view.entries, entry]);
  return { ...view, entries, truncated: view.truncated || entries.length <= view.entries.length };
}

export function editMessages(
  view: SessionView,
  match: (entry: MessageEntry) => boolean,
  change: Partial<MessageEntry>,
): SessionView {
  return {
    ...view,
    entries: view.entries.map((entry) =>
      entry.kind === 'message' && match(entry) ? { ...entry, ...change } : entry,
    ),
  };
}

/** Steps are unique in a view. Called for every token, so it copies the list but does not rebuild it. */
export function editStep(
  view: SessionView,
  step: string,
  change: (entry: StepEntry) => StepEntry,
): SessionView {
  const index = view.entries.findLastIndex((entry) => entry.kind === 'step' && entry.step === step);
  const entry = view.entries[index];
  if (entry?.kind !== 'step') return view;
  return { ...view, entries: view.entries.with(index, change(entry)) };
}
