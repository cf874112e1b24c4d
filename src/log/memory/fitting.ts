import type { LoggedEvent } from '../../contracts/index.ts';

/** As much of the beginning of a text as its JSON has room for in so many bytes, cut between characters. */
export function fitting(text: string, mostBytes: number): string {
  const bytes = (part: string): number => Buffer.byteLength(JSON.stringify(part));
  let rest = text;
  while (rest !== '' && bytes(rest) > mostBytes) {
    const size = Math.max(0, Math.floor((rest.length * mostBytes) / bytes(rest)) - 1);
    rest = rest.slice(0, isHigh(rest.charCodeAt(size - 1)) ? size - 1 : size);
  }
  return rest;
}

/** The first events: no more once those before have so many bytes of JSON without their seq. */
export function firstOf(events: readonly LoggedEvent[], bytes: number): readonly LoggedEvent[] {
  let sum = 0;
  const end = events.findIndex(({ seq: _seq, ...draft }) => {
    const isFull = sum >= bytes;
    sum += Buffer.byteLength(JSON.stringify(draft));
    return isFull;
  });
  return end === -1 ? events : events.slice(0, end);
}

/** True for the first half of a surrogate pair. */
function isHigh(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}
