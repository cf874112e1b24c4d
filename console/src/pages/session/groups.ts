/** The entries of a session by turns. Pure. */
import { turnNumber } from '../../../../src/contracts/public.ts';
import type { Entry } from '../../../../src/contracts/public.ts';

/** Entries of one turn; without an id: one entry that belongs to none. */
export interface Group {
  readonly key: string;
  readonly id: string;
  readonly entries: Entry[];
}

export const keyOf = (entry: Entry): string =>
  entry.kind === 'message' ? `m:${entry.messageId}` : `s:${entry.step}`;

/**
 * What is said in a turn stands in it, also if messages of other turns were accepted meanwhile. Turns stand by their numbers, also if the
 * message that began one is older than what the view holds.
 */
export function groupsOf(entries: readonly Entry[]): readonly Group[] {
  const groups: Group[] = [];
  const turns = new Map<string, Group>();
  for (const entry of entries) {
    const { turn: id = '' } = entry;
    const known = turns.get(id);
    if (known) {
      known.entries.push(entry);
      continue;
    }
    const group: Group = { key: id || keyOf(entry), id, entries: [entry] };
    if (id !== '') turns.set(id, group);
    place(groups, group);
  }
  return groups;
}

/** Nearly always it is the last one. */
function place(groups: Group[], group: Group): void {
  const number = turnNumber(group.id);
  const last = groups.findLastIndex(({ id }) => id !== '');
  if (number === 0 || turnNumber(groups[last]?.id ?? '') < number) groups.push(group);
  else
    groups.splice(
      groups.findIndex(({ id }) => turnNumber(id) > number),
      0,
      group,
    );
}
