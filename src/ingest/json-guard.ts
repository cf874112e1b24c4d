/**
 * The first check of any JSON from outside, before a schema sees it. Everything here is iterative, so that hostile nesting never reaches a
 * recursive function. What passes is plain JSON: finite safe numbers, well-formed text, no keys that could reach a prototype.
 */
import { ConvokeError, LIMITS } from '../contracts/index.ts';

/** Keys with a special meaning in JavaScript; no data needs them. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** NUL, or half of a surrogate pair: databases and terminals may not preserve them. */
const BAD_TEXT = /[\0\p{Surrogate}]/u;

/** Longest message about one field; it may quote the caller's keys. */
const SENTENCE_CHARS = 200;

/** True for text without NUL and without lone surrogates. */
export function isCleanText(text: string): boolean {
  return !BAD_TEXT.test(text);
}

/** A JSON pointer (RFC 6901) to a place in a document. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, SENTENCE_CHARS);
}

/** An `invalid_request` about one field. */
export function invalidAt(path: readonly PropertyKey[], message: string): ConvokeError {
  const pointer = pointerOf(path);
  const short = message.replace(/\.$/, '').slice(0, SENTENCE_CHARS);
  return new ConvokeError(
    'invalid_request',
    `Correct ${pointer === '' ? 'the request' : pointer}: ${short}.`,
    {
      errors: [{ pointer, message: short }],
    },
  );
}

/** A node on the way down; paths are rebuilt from it only when something is wrong. */
interface Node {
  readonly value: unknown;
  readonly key: string | number;
  readonly parent: Node | null;
  readonly depth: number;
}

function pathOf(node: Node): readonly (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = node; at.parent; at = at.parent) path.unshift(at.key);
  return path;
}

function checkScalar(node: Node): void {
  const { value } = node;
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!isCleanText(value))
      throw invalidAt(pathOf(node), 'text must not contain NUL or half of a surrogate pair.');
    return;
  }
  if (typeof value === 'number') {
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
      throw invalidAt(pathOf(node), 'the number is too large.');
    return;
  }
  const isMissing = value === undefined;
  throw invalidAt(pathOf(node), isMissing ? 'it is missing.' : 'only JSON is allowed here, no binary data.');
}

function checkKey(key: string, node: Node): void {
  if (FORBIDDEN_KEYS.has(key)) throw invalidAt([...pathOf(node), key], 'this key is not allowed; rename it.');
  if (!isCleanText(key))
    throw invalidAt(pathOf(node), 'a key must not contain NUL or half of a surrogate pair.');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}

/**
 * Refuses what schemas should not have to consider.
 * Throws `too_deep` beyond `LIMITS.jsonDepth` levels of nesting, `too_large` beyond `LIMITS.jsonValues` values, `invalid_request` for forbidden keys, text, numbers and non-JSON.
 */
export function guardJson(root: unknown): void {
  const stack: Node[] = [{ value: root, key: '', parent: null, depth: 0 }];
  let seen = 1;
  for (let node = stack.pop(); node; node = stack.pop()) {
    const { value, depth } = node;
    if (typeof value !== 'object' || value === null) {
      checkScalar(node);
      continue;
    }
    if (!isPlain(value)) throw invalidAt(pathOf(node), 'only JSON is allowed here, no binary data.');
    if (depth >= LIMITS.jsonDepth) {
      throw new ConvokeError('too_deep', `Nest at most ${LIMITS.jsonDepth} levels of objects and arrays.`);
    }
    // Before they are looked at one by one.
    seen += Array.isArray(value) ? value.length : Object.keys(value).length;
    if (seen > LIMITS.jsonValues)
      throw new ConvokeError('too_large', `Send at most ${LIMITS.jsonValues} values in one request.`);
    if (Array.isArray(value)) {
      for (const [key, each] of value.entries())
        stack.push({ value: each, key, parent: node, depth: depth + 1 });
      continue;
    }
    for (const [key, each] of Object.entries(value)) {
      checkKey(key, node);
      stack.push({ value: each, key, parent: node, depth: depth + 1 });
    }
  }
}
