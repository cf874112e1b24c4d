/** Reads an answer of a model endpoint, whatever its form, to its end, and decides whether that end is one. */
import type { FinishReason, Usage } from '../../../src/contracts/index.ts';
import { Calls, type WholeCall } from './calls.ts';
import { finishOf, readChunk, readError, type AnswerChunk } from './chunk.ts';
import { bytesOf, readFrames, type Frame } from './frames.ts';
import { notAnEndpoint, ProviderError } from './provider-error.ts';
import { Thinking } from './thinking.ts';

/** A piece of an answer; one without fields is a sign of life. */
export interface AnswerPiece {
  readonly text?: string;
  readonly reasoning?: string;
  readonly usage?: Usage;
  /** All of them, with the end. */
  readonly calls?: readonly WholeCall[];
  readonly finish?: FinishReason;
}

/** After its finish reason an answer is complete; its usage may still come, but is not worth a longer wait, ms. */
const USAGE_WAIT_MS = 3_000;
/** After its end mark only the end of the body is due, which keeps the connection for the next call, ms. */
const BODY_END_WAIT_MS = 50;

/**
 * The pieces of an answer. Once it has ended, by its end mark, or by a finish reason and the end of the body, nothing that follows or breaks
 * counts.
 *
 * @param url Told when what answers is no model endpoint.
 * Throws `ProviderError` for an error that the provider tells of, an unknown finish reason, half an answer; `RunnerError` for a page; what
 * the body throws.
 */
export async function* readAnswer(
  response: Response,
  url: string,
): AsyncGenerator<AnswerPiece, void, undefined> {
  const answer = new Answer(response.headers);
  const frames = readFrames(bytesOf(response));
  try {
    while (!answer.isDone) {
      const next = await nextOf(frames, answer.hasFinished ? USAGE_WAIT_MS : undefined);
      if (next === null) break;
      for (const frame of next) {
        if (frame.type === 'page') throw notAnEndpoint(url);
        const piece = answer.add(frame);
        if (piece) yield piece;
      }
    }
    const until = performance.now() + BODY_END_WAIT_MS;
    for (let left = BODY_END_WAIT_MS; left > 0; left = until - performance.now()) {
      if ((await nextOf(frames, left)) === null) break;
    }
  } catch (error) {
    if (!answer.hasFinished) throw error;
  } finally {
    // Not awaited: a body that stays open would hold it.
    void frames.return(undefined).catch(() => undefined);
  }
  const streams = response.headers.get('content-type')?.includes('event-stream') === true;
  if (!answer.isKnown && answer.hasContent && !streams) throw notAnEndpoint(url);
  yield answer.end();
}

/** The next frames; null at the end, or when none come in time. */
async function nextOf(
  frames: AsyncGenerator<readonly Frame[], void, undefined>,
  waitMs: number | undefined,
): Promise<readonly Frame[] | null> {
  const next = frames.next().then(({ done, value }) => (done ? null : value));
  if (waitMs === undefined) return next;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, waitMs, null);
  });
  // It may fail when nobody waits any more.
  next.catch(() => undefined);
  try {
    return await Promise.race([next, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** What has come of an answer. */
class Answer {
  readonly #headers: Headers;
  readonly #thinking = new Thinking();
  #done = false;
  #finish: FinishReason | undefined;
  #failure: ProviderError | undefined;
  #spoke = false;
  #whole = false;
  #known = false;
  #content = false;
  readonly #calls = new Calls();
  #callsTool = false;

  /** @param headers Those of the answer; an error may carry a wish in them. */
  constructor(headers: Headers) {
    this.#headers = headers;
  }

  /** The end mark has come. */
  get isDone(): boolean {
    return this.#done;
  }

  /** A finish reason has come, good or bad. */
  get hasFinished(): boolean {
    return this.#finish !== undefined || this.#failure !== undefined;
  }

  /** Something of it was part of an answer. */
  get isKnown(): boolean {
    return this.#known;
  }

  /** The body was not empty. */
  get hasContent(): boolean {
    return this.#content;
  }

  /** Undefined after the end mark. Throws `ProviderError`. */
  add(frame: Frame): AnswerPiece | undefined {
    this.#content = true;
    if (this.#done) return undefined;
    if (frame.type === 'done') this.#done = this.#known = true;
    if (frame.type === 'unreadable' && !this.hasFinished)
      throw new ProviderError('A piece of the answer cannot be read.');
    if (frame.type !== 'json') return {};
    const error = readError(frame.value);
    if (error) this.#error(error);
    const chunk = error ? undefined : readChunk(frame.value);
    return chunk ? this.#chunk(chunk) : {};
  }

  #error(error: Readonly<Record<string, unknown>>): void {
    const failure = ProviderError.of(error, this.#headers);
    if (!this.hasFinished) throw failure;
    // It says more than the finish reason did.
    if (this.#failure) this.#failure = failure;
  }

  #chunk(chunk: AnswerChunk): AnswerPiece {
    this.#known = true;
    const { usage } = chunk;
    // The summary of a stream tells its text once more.
    const repeats = chunk.whole && this.#spoke;
    const sorted = repeats ? { text: '', reasoning: '' } : this.#thinking.add(chunk.text);
    const reasoning = (repeats ? '' : chunk.reasoning) + sorted.reasoning;
    this.#whole ||= chunk.whole;
    this.#spoke ||= chunk.text !== '' || chunk.reasoning !== '';
    if (!(chunk.whole && this.#callsTool)) for (const call of chunk.calls) this.#calls.add(call);
    this.#callsTool ||= chunk.calls.length > 0;
    if (chunk.finish !== undefined && !this.hasFinished) {
      this.#finish = finishOf(chunk.finish);
      // Not thrown yet: the usage may follow.
      if (this.#finish === undefined) this.#failure = ProviderError.of({ code: chunk.finish }, this.#headers);
    }
    return {
      ...(sorted.text === '' ? {} : { text: sorted.text }),
      ...(reasoning === '' ? {} : { reasoning }),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  /** The last piece. Throws `ProviderError` if it failed or has no end. */
  end(): AnswerPiece {
    if (this.#failure) throw this.#failure;
    const { text, reasoning } = this.#thinking.end();
    const finish = this.#finish ?? (this.#done || this.#whole ? 'stop' : undefined);
    if (finish === undefined) throw new ProviderError('The answer ended in its middle.');
    return {
      ...(text === '' ? {} : { text }),
      ...(reasoning === '' ? {} : { reasoning }),
      ...(this.#calls.all.length === 0 ? {} : { calls: this.#calls.all }),
      finish: this.#callsTool && finish === 'stop' ? 'tools' : finish,
    };
  }
}
