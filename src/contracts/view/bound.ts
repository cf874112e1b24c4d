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
    (sum, part) => sum + (part.type === 'text' ? part.text.length : jsonChars(part)),
    0,
  );
}

/** The view reduced to the newest entries that fit into `maxChars` of text; at least one entry is kept. */
export function fitting(view: SessionView, maxChars: number): SessionView {
  return from(view, firstWithin(view, maxChars));
}

/** Also keeps every entry that events to come may change, a step that runs or a message that waits, and what is newer. */
export function fittingOpen(view: SessionView, maxChars: number): SessionView {
  const open = view.entries.findIndex(isOpen);
  const first = firstWithin(view, maxChars);
  return from(view, open < 0 ? first : Math.min(open, first));
}

function isOpen(entry: Entry): boolean {
  return ['running', 'accepted', 'queued', 'scheduled'].includes(entry.status);
}

function firstWithin({ entries }: SessionView, maxChars: number): number {
  let room = maxChars;
  let first = entries.length;
  for (const entry of entries.toReversed()) {
    room -= chars(entry);
    if (room < 0 && first < entries.length) break;
    first -= 1;
  }
  return first;
}

function from(view: SessionView, first: number): SessionView {
  return first === 0 ? view : { ...view, entries: view.entries.slice(first), truncated: true };
}
