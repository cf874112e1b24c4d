/** Bounds of a view: the number of entries and the amount of text. */
import { jsonChars } from '../json.ts';
import { CLIENT } from '../limits/client.ts';
import type { Entry, SessionView } from './types.ts';

export function keepNewest<T>(list: readonly T[]): readonly T[] {
  return list.length > CLIENT.snapshotEntries ? list.slice(-CLIENT.snapshotEntries) : list;
}

function chars(entry: Entry): number {
  if (entry.kind === 'step') {
    const { text, reasoning = '', use, calls } = entry;
    return text.length + reasoning.length + (use ? jsonChars(use) : 0) + (calls ? jsonChars(calls) : 0);
  }
  return entry.parts.reduce(
    (sum, part) => sum + (part.type === 'text' ? part.text.length : jsonChars(part.data)),
    0,
  );
}

/** The view reduced to the newest entries that fit into `maxChars` of text; at least one entry is kept. */
export function fitting(view: SessionView, maxChars: number): SessionView {
  let room = maxChars;
  let from = view.entries.length;
  for (const entry of view.entries.toReversed()) {
    room -= chars(entry);
    if (room < 0 && from < view.entries.length) break;
    from -= 1;
  }
  return from === 0 ? view : { ...view, entries: view.entries.slice(from), truncated: true };
}
