/** Listens to an agent within bounds: total time, silence, length. An agent that ignores its signal is left behind. */
import {
  jsonChars,
  LIMITS,
  type AgentSpec,
  type FinishReason,
  type Stamps,
  type ToolCall,
  type Usage,
  type Wait,
} from '../../src/contracts/index.ts';
import { RunnerError, type RunPiece } from '../agents/runner.ts';
import { WellFormed } from './well-formed.ts';

export interface SpeechBounds {
  /** Longest time of the attempt, ms. */
  readonly timeoutMs: number;
  /** Longest silence before the first token of text or reasoning, ms: a model may have to be loaded, or to wait for a slot. */
  readonly firstMs: number;
  /** Longest silence after it, ms. */
  readonly idleMs: number;
  /** Text, reasoning and calls (as JSON) together, UTF-16 code units. */
  readonly maxChars: number;
  /** Who is heard; default an agent. A tool that is late is not asked again: the model that called it decides. */
  readonly speaker?: 'agent' | 'tool';
}

/** Those of an agent. */
export function boundsOf({ quick, timeoutMs, firstMs, idleMs }: AgentSpec): SpeechBounds {
  const total = timeoutMs ?? LIMITS.stepTimeoutMs;
  return {
    timeoutMs: quick ? Math.min(total, LIMITS.quickTimeoutMs) : total,
    firstMs: firstMs ?? LIMITS.stepFirstMs,
    idleMs: idleMs ?? LIMITS.stepIdleMs,
    maxChars: LIMITS.stepChars,
  };
}

/** Who hears an agent. Both are called in order and never with an empty text; never after `listen` has settled. */
export interface Listener {
  text(text: string): void;
  reasoning(text: string): void;
}

type Bound = 'agent_timeout' | 'agent_stalled' | 'agent_output_too_large' | 'tool_timeout';

/** One attempt of an agent, heard once. */
export class Speech {
  /** Give it to the agent: aborts when `stop` does or a bound is broken. */
  readonly signal: AbortSignal;
  readonly #bounds: SpeechBounds;
  readonly #broken = new AbortController();
  readonly #parts = { text: new WellFormed(), reasoning: new WellFormed() };
  readonly #calls: ToolCall[] = [];
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #chars = 0;
  #silence: NodeJS.Timeout | undefined;
  #firstAt: number | undefined;
  #first: number | undefined;
  #last: number | undefined;
  /** Waits that the agent has told of. */
  readonly #waits: Wait[] = [];

  constructor(bounds: SpeechBounds, stop: AbortSignal) {
    this.#bounds = bounds;
    this.signal = AbortSignal.any([stop, this.#broken.signal]);
  }

  /** What the provider has counted so far, also of an attempt that failed or was stopped. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** When its first token came, ms of `performance.now()`; undefined: there was none yet. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** The tools that it calls. */
  get calls(): readonly ToolCall[] {
    return this.#calls;
  }

  /** When the first and the last token came, ms since the Unix epoch; none if none has. */
  get stamps(): Pick<Stamps, 'first' | 'last'> {
    return {
      ...(this.#first !== undefined && { first: this.#first }),
      ...(this.#last !== undefined && { last: this.#last }),
    };
  }

  get waits(): readonly Wait[] {
    return this.#waits;
  }

  /** Why the model stopped; undefined while it speaks, or if the agent did not say. */
  get finish(): FinishReason | undefined {
    return this.#finish;
  }

  /**
   * Hands what the agent says to `listener`, made well-formed: half of a surrogate pair is never handed on. Throws what the agent threw, or
   * the reason of `signal`.
   */
  async listen(pieces: AsyncIterable<RunPiece>, listener: Listener): Promise<void> {
    const { timeoutMs, firstMs, speaker = 'agent' } = this.#bounds;
    const total = setTimeout(() => {
      this.#break(`${speaker}_timeout`, `The ${speaker} did not finish within ${timeoutMs} ms.`);
    }, timeoutMs);
    this.#silence = setTimeout(() => {
      this.#break(
        'agent_stalled',
        `The agent gave no sign of life for ${firstMs} ms before its first token.`,
      );
    }, firstMs);
    const iterator = pieces[Symbol.asyncIterator]();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      aborted.reject(this.signal.reason);
    };
    if (this.signal.aborted) onAbort();
    else this.signal.addEventListener('abort', onAbort, { once: true });
    try {
      // One race for the whole speech: a race for each piece would leave a reaction on `aborted` for every token of it.
      await Promise.race([aborted.promise, this.#pump(iterator, listener)]);
    } finally {
      clearTimeout(total);
      clearTimeout(this.#silence);
      this.signal.removeEventListener('abort', onAbort);
      // Not awaited: an agent that hangs would hold the step for ever.
      void iterator.return?.().catch(() => undefined);
    }
  }

  /** Ends with the speech, or at the first piece after an abort. */
  async #pump(iterator: AsyncIterator<RunPiece>, listener: Listener): Promise<void> {
    while (!this.signal.aborted) {
      const next = await iterator.next();
      if (next.done) {
        this.#say('reasoning', this.#parts.reasoning.end(), listener);
        this.#say('text', this.#parts.text.end(), listener);
        return;
      }
      this.#hear(next.value, listener);
    }
  }

  #hear(piece: RunPiece, listener: Listener): void {
    if (piece.type === 'usage') this.#usage = piece.usage;
    else if (piece.type === 'finish') this.#finish = piece.finish;
    else if (piece.type === 'waited' && this.#waits.length < LIMITS.waitsTold) this.#waits.push(piece.wait);
    this.#silence?.refresh();
    if (piece.type === 'call' && this.#fits(jsonChars(piece.call))) this.#calls.push(piece.call);
    if (piece.type === 'text' || piece.type === 'reasoning')
      this.#say(piece.type, this.#parts[piece.type].add(piece.text), listener);
  }

  #say(part: 'text' | 'reasoning', text: string, listener: Listener): void {
    if (text === '' || this.signal.aborted) return;
    if (!this.#fits(text.length)) return;
    this.#last = Date.now();
    this.#firstToken();
    listener[part](text);
  }

  /** Counts what was said. False, and the speech is over, if it is too much. */
  #fits(chars: number): boolean {
    const { maxChars } = this.#bounds;
    this.#chars += chars;
    if (this.#chars <= maxChars) return true;
    this.#break('agent_output_too_large', `The agent said more than ${maxChars} characters.`);
    return false;
  }

  /** From the first token on, silence has the shorter bound. */
  #firstToken(): void {
    if (this.#firstAt !== undefined) return;
    this.#firstAt = performance.now();
    this.#first = this.#last;
    clearTimeout(this.#silence);
    const { idleMs } = this.#bounds;
    this.#silence = setTimeout(() => {
      this.#break('agent_stalled', `The agent was silent for ${idleMs} ms.`);
    }, idleMs);
  }

  #break(code: Bound, message: string): void {
    const retryable = code === 'agent_timeout' || code === 'agent_stalled';
    this.#broken.abort(new RunnerError(code, message, { retryable }));
  }
}
