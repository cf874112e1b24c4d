/**
 * The body of an answer, cut into frames: server-sent events as the standard has them and as servers get them slightly wrong, JSON a line,
 * or one JSON document. The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { LIMITS } from '../../../src/contracts/index.ts';

export type Frame =
  | { readonly type: 'json'; readonly value: Readonly<Record<string, unknown>> }
  /** The stream's end mark. */
  | { readonly type: 'done' }
  /** A comment, a keep-alive, a field that means nothing here. */
  | { readonly type: 'life' }
  /** A page for people. */
  | { readonly type: 'page' }
  /** Text that must have been JSON: a piece of the answer is lost. */
  | { readonly type: 'unreadable' };

const LIFE: Frame = { type: 'life' };
const DONE: Frame = { type: 'done' };

/** A body as bytes; Node's type of a stream has pieces of any type. */
export function bytesOf({ body }: Response): AsyncIterable<Uint8Array> {
  return body ?? new Blob([]).stream();
}

/** Frames of a body. Throws what the body throws; ends with it. */
export async function* readFrames(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Frame[], void, undefined> {
  const decoder = new TextDecoder();
  const lines = new Lines();
  const framer = new Framer();
  for await (const bytes of body) {
    const frames = lines.add(decoder.decode(bytes, { stream: true })).flatMap((line) => framer.line(line));
    yield framer.pending + lines.pending > LIMITS.answerChars ? [...frames, { type: 'unreadable' }] : frames;
  }
  const rest = lines.add(`${decoder.decode()}\n`).flatMap((line) => framer.line(line));
  yield [...rest, ...framer.end()];
}

/** Cuts text into lines at CR, LF or both. */
class Lines {
  #rest = '';
  #afterCr = false;

  get pending(): number {
    return this.#rest.length;
  }

  add(text: string): string[] {
    if (text === '') return [];
    // A line feed that belongs to the carriage return that ended the text before.
    const fresh = this.#afterCr && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterCr = text.endsWith('\r');
    const lines = (this.#rest + fresh).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}

/** Makes frames of lines. */
class Framer {
  /** Data lines of the event under way that are no JSON by themselves. */
  #data: string[] = [];
  /** Lines of a JSON document without any framing. */
  #bare: string[] = [];
  #pending = 0;
  #started = false;

  /** What waits for more, UTF-16 code units. */
  get pending(): number {
    return this.#pending;
  }

  line(line: string): readonly Frame[] {
    // Some servers indent, or begin with a byte order mark, which `trim` takes too.
    const text = line.trim();
    if (text === '') return this.#event();
    const isFirst = !this.#started;
    this.#started = true;
    if (isFirst && text.startsWith('<')) return [{ type: 'page' }];
    const field = this.#bare.length > 0 ? null : /^(data|event|id|retry)?\s*:\s?(.*)$/is.exec(text);
    if (field) return field[1]?.toLowerCase() === 'data' ? this.#add((field[2] ?? '').trim()) : [LIFE];
    if (this.#bare.length > 0 || /^[[{]/.test(text)) return this.#document(text);
    return [LIFE];
  }

  end(): readonly Frame[] {
    const rest = this.#event();
    if (this.#bare.length === 0) return rest;
    return [...rest, ...(this.#take(this.#bare) ?? [{ type: 'unreadable' }])];
  }

  /** A line of data. Most are JSON by themselves, and some servers do not separate events: such a line does not wait for an empty one. */
  #add(data: string): readonly Frame[] {
    if (this.#data.length === 0 || data === '[DONE]') {
      const frames = framesOf(data);
      if (frames) return data === '[DONE]' ? [...this.#event(), ...frames] : frames;
    }
    this.#data.push(data);
    this.#pending += data.length;
    return [];
  }

  /** An empty line: the event is complete. */
  #event(): readonly Frame[] {
    if (this.#data.length === 0) return [];
    const each = this.#data.map(framesOf);
    const together = this.#take(this.#data);
    if (together) return together;
    return each.flatMap((frames): readonly Frame[] => frames ?? [{ type: 'unreadable' }]);
  }

  /** A line of JSON that has no framing. */
  #document(text: string): readonly Frame[] {
    this.#bare.push(text);
    this.#pending += text.length;
    // Only where it may be complete: trying at every line would be quadratic.
    const mayEnd = this.#bare.length === 1 || /^[}\]]/.test(text);
    return (mayEnd ? this.#take(this.#bare) : undefined) ?? [];
  }

  /** The frames of these lines together, if they are JSON; then the lines are used up. */
  #take(lines: string[]): readonly Frame[] | undefined {
    const frames = framesOf(lines.join('\n'));
    if (frames || lines === this.#data) {
      lines.length = 0;
      this.#pending = 0;
    }
    return frames;
  }
}

/** Undefined for what begins like JSON and is none. */
function framesOf(text: string): readonly Frame[] | undefined {
  if (text === '[DONE]' || text === '"[DONE]"') return [DONE];
  if (!/^[[{]/.test(text)) return [LIFE];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((each): Frame => (isRecord(each) ? { type: 'json', value: each } : LIFE));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
