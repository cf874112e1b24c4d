/** Anything that JSON can represent without loss. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Size of a value as the limits count it: UTF-16 code units of its JSON. */
export function jsonChars(value: object): number {
  return JSON.stringify(value).length;
}
