/** Anything that JSON can represent without loss. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Size of a value as the limits count it: UTF-16 code units of its JSON. */
export function jsonChars(value: object): number {
  return JSON.stringify(value).length;
}

/** The same in UTF-8 bytes, for code that has no `Buffer`. */
export function jsonBytes(value: object): number {
  const json = JSON.stringify(value);
  let bytes = json.length;
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    // Each half of a pair of surrogates is two of its four bytes; one that is alone is escaped in JSON.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** `JSON.stringify` fails at a depth of some thousands; what `JSON.parse` reads has no such bound. */
export function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1));
}
