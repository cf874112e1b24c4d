/** How large a JSON document is in values and levels, found without making objects of it. */

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
/** `[` and `{`, `]` and `}` differ in one bit. */
const [CASE, OPENS, CLOSES] = [0x20, 0x7b, 0x7d];
/** What is not more than this, in JSON, is space between its parts. */
const SPACE = 0x20;

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

/**
 * Stops when there are more than `most` of either: the rest does not matter. Of what is not JSON it tells any size.
 */
export function sizeOfJson(json: Buffer, most: JsonSize): JsonSize {
  let [values, level, depth] = [1, 0, 0];
  /** A bracket was opened, and nothing has followed yet. */
  let opened = false;
  for (let at = 0; at < json.length && values <= most.values && depth <= most.depth; at += 1) {
    const byte = json[at] ?? 0;
    if (byte <= SPACE) continue;
    const bracket = byte | CASE;
    if (opened && bracket !== CLOSES) values += 1;
    opened = bracket === OPENS;
    if (opened) depth = Math.max(depth, (level += 1));
    else if (bracket === CLOSES) level -= 1;
    else if (byte === COMMA) values += 1;
    else if (byte === QUOTE) at = endOfString(json, at + 1);
  }
  return { values, depth };
}
