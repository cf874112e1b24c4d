/** SHA-256 (FIPS 180-4), for places without a library of their own: the workflow's sandbox has none. Pure. */

/** The first 32 bits of the fractional part of `root`, exact: by whole numbers, for a sandbox may round otherwise. */
function fraction(prime: number, root: 2 | 3): number {
  const target = BigInt(prime) << BigInt(32 * root);
  let low = 0n;
  let high = BigInt(prime) << 32n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** BigInt(root) <= target) low = middle;
    else high = middle - 1n;
  }
  return Number(BigInt.asUintN(32, low));
}

function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number += 1) {
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  }
  return found;
}

const START = primes(8).map((prime) => fraction(prime, 2));
const ROUNDS = primes(64).map((prime) => fraction(prime, 3));

function utf8(text: string): number[] {
  const bytes: number[] = [];
  const escaped = encodeURIComponent(text.toWellFormed());
  for (let at = 0; at < escaped.length; at += 1) {
    if (escaped[at] !== '%') bytes.push(escaped.charCodeAt(at));
    else {
      bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  return bytes;
}

/** The message in whole blocks of 64 bytes: a one bit, zeros, and its length in bits. */
function padded(bytes: readonly number[]): readonly number[] {
  const bits = BigInt(bytes.length) * 8n;
  const zeros = (119 - (bytes.length % 64)) % 64;
  const length = Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(56 - 8 * index)) & 255n));
  return [...bytes, 128, ...Array.from({ length: zeros }, () => 0), ...length];
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function schedule(block: readonly number[]): readonly number[] {
  const words = Array.from({ length: 16 }, (_, index) =>
    block.slice(4 * index, 4 * index + 4).reduce((word, byte) => (word << 8) | byte, 0),
  );
  for (let index = 16; index < 64; index += 1) {
    const [far = 0, near = 0] = [words[index - 15], words[index - 2]];
    const low = rotated(far, 7) ^ rotated(far, 18) ^ (far >>> 3);
    const high = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10);
    words.push(((words[index - 16] ?? 0) + low + (words[index - 7] ?? 0) + high) | 0);
  }
  return words;
}

function compressed(state: readonly number[], block: readonly number[]): readonly number[] {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (const [index, word] of schedule(block).entries()) {
    const mixed = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const first = (h + mixed + ((e & f) ^ (~e & g)) + (ROUNDS[index] ?? 0) + word) | 0;
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => ((state[index] ?? 0) + word) | 0);
}

/** The hash of a text in UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  const message = padded(utf8(text));
  let state: readonly number[] = START;
  for (let at = 0; at < message.length; at += 64) state = compressed(state, message.slice(at, at + 64));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
