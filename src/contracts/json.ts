/** Anything that JSON can represent without loss. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Size of a value as the limits count it: UTF-16 code units of its JSON. */
export function jsonChars(value: object): number {
  return JSON.stringify(value).length;
}

/** The same in UTF-8 bytes. */
export function jsonBytes(value: object): number {
  return encodeURIComponent(JSON.stringify(value)).replaceAll(/%../g, ' ').length;
}

/** `JSON.stringify` fails at a depth of some thousands; what `JSON.parse` reads has no such bound. */
export function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1));
}
