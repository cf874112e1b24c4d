/** What a file may be called, and be declared as: both become headers of answers. */
import { LIMITS } from '../contracts/index.ts';

/** No control character, no line break, no path, nothing that turns the order of letters around. */
const NAME = /^(?!\.{1,2}$)[^\p{Cc}/\\\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u;
const CONTENT_TYPE = /^[\w.+!#$&^-]+\/[\w.+!#$&^-]+(?:\s*;[\x20-\x7e]*)?$/;

export function isFileName(name: string): boolean {
  return name.length <= LIMITS.fileNameChars && name.isWellFormed() && NAME.test(name);
}

/** The type in lower case but for its parameters; null: it is none. */
export function contentTypeIn(declared: string): string | null {
  if (declared.length > LIMITS.contentTypeChars || !CONTENT_TYPE.test(declared)) return null;
  const [media = '', ...parameters] = declared.split(';');
  return [media.trim().toLowerCase(), ...parameters].join(';');
}
