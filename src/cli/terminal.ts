/** Output for people: colours only on terminals that support them, names in columns. */

import type { Environment } from './environment.ts';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof CODES;
/** Colours of speakers, in the order in which they appear. */
const VOICES: readonly Style[] = ['cyan', 'magenta', 'yellow', 'green', 'blue'];
/** Room for a speaker's name, characters. */
const NAME_COLUMN = 12;
/** Words with the space before them, or line breaks. */
const PIECES = /\n|[^\S\n]*[^\s]+|[^\S\n]+/g;
/** The column where text begins. */
const INDENT = NAME_COLUMN + 3;

/** A function that colours text, or returns it unchanged if colours are not shown. See https://no-color.org. */
export function painter(
  output: Output,
  env: Environment = process.env,
): (style: Style, text: string) => string {
  const coloured = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return (style, text) => (coloured ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

/**
 * Removes control characters from untrusted text: they could move the cursor, rename the window or paste text. Line breaks and tabs stay.
 */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** A duration in ms, for people. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** Rows in columns; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** Streams who says what. When speakers alternate, each change begins a new line with the speaker's name. */
export class Transcript {
  readonly #output: Output;
  readonly #paint: (style: Style, text: string) => string;
  readonly #voices = new Map<string, Style>();
  #column = 0;
  /** The speech on the current line. */
  #open: string | null = null;

  constructor(output: Output = process.stdout) {
    this.#output = output;
    this.#paint = painter(output);
  }

  /** Appends to a speech. `speech` distinguishes several speeches of one speaker. */
  say(speaker: string, text: string, speech: string = speaker): void {
    this.#begin(speaker, speech);
    for (const piece of harmless(text).match(PIECES) ?? []) this.#piece(piece);
  }

  /** Appends to the reasoning before a speech, or the progress of a tool: dim, and marked for terminals without colours. */
  think(speaker: string, text: string, speech: string = speaker, mark = 'thinks'): void {
    if (this.#begin(speaker, `${speech} ${mark}`)) this.#piece(`(${mark}) `, 'dim');
    for (const piece of harmless(text).match(PIECES) ?? []) this.#piece(piece, 'dim');
  }

  /** True if a line was begun for this speech. */
  #begin(speaker: string, speech: string): boolean {
    if (this.#open === speech) return false;
    this.end();
    this.#output.write(this.#name(speaker));
    this.#open = speech;
    this.#column = INDENT;
    return true;
  }

  /** A whole speech. */
  line(speaker: string, text: string): void {
    this.end();
    this.say(speaker, text);
    this.end();
  }

  /** A remark about the conversation. */
  note(text: string, style: Style = 'dim'): void {
    this.end();
    this.#output.write(`${' '.repeat(INDENT)}${this.#paint(style, harmless(text))}\n`);
  }

  /** A word with the space before it, or a line break. On a terminal, a word that does not fit begins a line. */
  #piece(piece: string, style?: Style): void {
    const paint = (text: string): string => (style && text.trim() ? this.#paint(style, text) : text);
    const { isTTY, columns = 0 } = this.#output;
    const full = isTTY === true && columns > 2 * INDENT && this.#column + piece.length >= columns;
    if (piece !== '\n' && !full) {
      this.#output.write(paint(piece));
      this.#column += piece.length;
      return;
    }
    const word = piece.trimStart();
    this.#output.write(`\n${' '.repeat(INDENT)}${paint(word)}`);
    this.#column = INDENT + word.length;
  }

  end(): void {
    if (this.#open !== null) this.#output.write('\n');
    this.#open = null;
  }

  #name(speaker: string): string {
    const voice = this.#voices.get(speaker) ?? VOICES[this.#voices.size % VOICES.length] ?? 'cyan';
    this.#voices.set(speaker, voice);
    return `  ${this.#paint(voice, harmless(speaker).slice(0, NAME_COLUMN).padEnd(NAME_COLUMN))} `;
  }
}
