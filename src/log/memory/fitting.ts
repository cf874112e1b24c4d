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

/** True for the first half of a surrogate pair. */
function isHigh(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}
