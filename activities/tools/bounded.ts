/** Cuts a text that comes in pieces at a limit, and says so at its end. */

/** Longest note, UTF-16 code units. */
const NOTE_CHARS = 64;

export class Bounded {
  /** UTF-16 code units that may still come. */
  #room: number;
  #dropped = 0;

  /** @param mostChars Of all that is handed on, the note included. */
  constructor(mostChars: number) {
    this.#room = mostChars - NOTE_CHARS;
  }

  /** What is handed on of a piece. */
  add(text: string): string {
    const kept = text.length <= this.#room ? text : text.slice(0, this.#room).toWellFormed();
    this.#room -= kept.length;
    this.#dropped += text.length - kept.length;
    return kept;
  }

  /** The note, if something was left out. */
  end(): string {
    return this.#dropped === 0 ? '' : `\n[${this.#dropped} more characters are left out.]`;
  }
}

export function bounded(text: string, mostChars: number): string {
  if (text.length <= mostChars) return text;
  const cut = new Bounded(mostChars);
  return cut.add(text) + cut.end();
}
