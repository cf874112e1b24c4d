/** How large a JSON document is in values and levels, found without making objects of it. */

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPENS, CLOSES] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

export interface JsonSize {
  /** Members of objects, elements of arrays, and the document itself. */
  readonly values: number;
  /** Objects and arrays inside each other. */
  readonly depth: number;
}

/** Where a string ends that begins before `at`. */
function endOfString(json: Buffer, at: number): number {
  let end = at;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return end;
}

/** Of what is not JSON, any size. */
export function sizeOfJson(json: Buffer): JsonSize {
  let [values, level, depth] = [1, 0, 0];
  /** A bracket was opened, and nothing has followed yet. */
  let opened = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (SPACE.has(byte)) continue;
    const closes = CLOSES.has(byte);
    if (opened && !closes) values += 1;
    opened = OPENS.has(byte);
    if (opened) depth = Math.max(depth, (level += 1));
    else if (closes) level -= 1;
    else if (byte === COMMA) values += 1;
    else if (byte === QUOTE) at = endOfString(json, at + 1);
  }
  return { values, depth };
}
