/** Tells the text of an answer from the `<think>…</think>` blocks that some models begin it with. */

const OPEN = '<think>';
const CLOSE = '</think>';

export interface Sorted {
  readonly text: string;
  readonly reasoning: string;
}

/**
 * Only blocks before the first text count: later on a tag is something that the model writes about. What may still become a tag is held
 * back until more comes.
 */
export class Thinking {
  #state: 'before' | 'thinking' | 'text' = 'before';
  #held = '';
  #thought = false;

  add(piece: string): Sorted {
    if (this.#state === 'text') return { text: piece, reasoning: '' };
    this.#held += piece;
    let reasoning = '';
    for (;;) {
      if (this.#state === 'thinking') {
        const at = this.#held.indexOf(CLOSE);
        const until = at === -1 ? this.#held.length - overlap(this.#held, CLOSE) : at;
        reasoning += this.#held.slice(0, until);
        this.#held = this.#held.slice(at === -1 ? until : at + CLOSE.length);
        if (at === -1) return { text: '', reasoning };
        this.#state = 'before';
      }
      const rest = this.#held.trimStart();
      if (rest.startsWith(OPEN)) {
        this.#state = 'thinking';
        this.#thought = true;
        this.#held = rest.slice(OPEN.length);
      } else if (OPEN.startsWith(rest)) {
        return { text: '', reasoning };
      } else {
        this.#state = 'text';
        return { text: this.#takeText(), reasoning };
      }
    }
  }

  /** What is held back when no more comes. */
  end(): Sorted {
    const [state, text] = [this.#state, this.#takeText()];
    return state === 'thinking' ? { text: '', reasoning: text } : { text, reasoning: '' };
  }

  /** Without the empty lines between a block and the text. */
  #takeText(): string {
    const text = this.#thought ? this.#held.trimStart() : this.#held;
    this.#held = '';
    return text;
  }
}

/** Length of the longest end of `text` that `tag` begins with. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
