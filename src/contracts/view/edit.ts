/** Copy-on-write edits of a view's entries and turns. */
import { keepNewest } from './bound.ts';
import type { Entry, MessageEntry, SessionView, StepEntry, TurnEntry } from './types.ts';

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

/** Steps are unique in a view. Called for every token, so it copies the list but does not rebuild it. `fresh`: what is changed if there is no such step. */
export function editStep(
  view: SessionView,
  step: string,
  change: (entry: StepEntry) => StepEntry,
  fresh?: StepEntry,
): SessionView {
  const index = view.entries.findLastIndex((entry) => entry.kind === 'step' && entry.step === step);
  const entry = view.entries[index];
  if (entry?.kind !== 'step') return fresh ? withEntry(view, change(fresh)) : view;
  return { ...view, entries: view.entries.with(index, change(entry)) };
}

export function withTurn(view: SessionView, entry: TurnEntry): SessionView {
  return { ...view, turns: keepNewest([...view.turns, entry]) };
}

/** Undefined: the view has no such turn. */
export function editTurn(
  view: SessionView,
  turn: string,
  edit: (entry: TurnEntry) => TurnEntry,
): SessionView | undefined {
  const index = view.turns.findIndex((entry) => entry.turn === turn);
  const entry = view.turns[index];
  return entry && { ...view, turns: view.turns.with(index, edit(entry)) };
}
