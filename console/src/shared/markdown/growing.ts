/** Markdown that grows at its end: blocks that are complete are parsed once, the last one again with what is added. */
import { Marked } from 'marked';
import type { MarkedToken } from 'marked';

/** A longer text is shown as it is written, characters: nobody reads it here, and parsing it would be felt. */
const PLAIN_FROM = 100_000;
/** The same for a single block, which is parsed anew with each token, characters. */
const PLAIN_BLOCK_FROM = 32_768;
/** Parsing takes at most one part in so many of the time, while text grows. */
const SHARE = 8;

const marked = new Marked({ gfm: true, breaks: true });

/** Text that is no Markdown: as it is written. */
function plain(raw: string): MarkedToken {
  return { type: 'text', raw, text: raw, escaped: true };
}

/** Never throws: what cannot be parsed (nested a thousand times) is plain text. */
function parse(text: string): readonly MarkedToken[] {
  try {
    return marked.lexer(text) as readonly MarkedToken[];
  } catch {
    return [plain(text)];
  }
}

export class Growing {
  /** Of the text that was taken last. A block that is complete is the same object each time. */
  blocks: readonly MarkedToken[] = [];
  /** Before that more text should not be taken, on the clock of `performance.now()`. */
  notBefore = 0;
  #text = '';
  #isGrowing = true;
  #complete: readonly MarkedToken[] = [];
  /** Characters of what is complete. */
  #taken = 0;

  /** `isGrowing`: more may follow. Then a link whose address stands in a later block is not one yet. */
  take(given: string, isGrowing: boolean): readonly MarkedToken[] {
    const text = given.includes('\r') ? given.replaceAll(/\r\n?/g, '\n') : given;
    if (text === this.#text && isGrowing === this.#isGrowing) return this.blocks;
    const began = performance.now();
    if (!isGrowing || !text.startsWith(this.#text)) [this.#complete, this.#taken] = [[], 0];
    [this.#text, this.#isGrowing] = [text, isGrowing];
    this.blocks = text.length > PLAIN_FROM ? [plain(text)] : this.#parse(text.slice(this.#taken));
    const now = performance.now();
    this.notBefore = now + (now - began) * SHARE;
    return this.blocks;
  }

  #parse(rest: string): readonly MarkedToken[] {
    if (rest.length > PLAIN_BLOCK_FROM && !rest.slice(0, PLAIN_BLOCK_FROM).includes('\n\n'))
      return [...this.#complete, plain(rest)];
    const found = parse(rest);
    // Blank lines may still belong to the block before them.
    const last = found.findLastIndex(({ type }) => type !== 'space');
    const complete = found.slice(0, Math.max(0, last));
    this.#complete = [...this.#complete, ...complete];
    this.#taken += complete.reduce((sum, { raw }) => sum + raw.length, 0);
    return [...this.#complete, ...found.slice(complete.length)];
  }
}
