/** Listens to an agent within bounds: total time, silence, length. An agent that ignores its signal is left behind. */
import type { Usage } from '../src/contracts/index.ts';
import { RunnerError, type RunPiece } from './agents/runner.ts';

export interface SpeechBounds {
  readonly timeoutMs: number;
  readonly idleMs: number;
  /** UTF-16 code units. */
  readonly maxChars: number;
}

export class Speech {
  readonly #bounds: SpeechBounds;
  readonly #broken = new AbortController();

  constructor(bounds: SpeechBounds) {
    this.#bounds = bounds;
  }

  /** Aborts when a bound is broken. */
  get signal(): AbortSignal {
    return this.#broken.signal;
  }

  /** Hands every text to `say`; answers the usage if the agent told it. Throws when `signal` aborts, with its reason. */
  async listen(
    pieces: AsyncIterable<RunPiece>,
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<Usage | undefined> {
    const { timeoutMs, idleMs, maxChars } = this.#bounds;
    const total = this.#timer('agent_timeout', `The agent did not finish within ${timeoutMs} ms.`, timeoutMs);
    const idle = this.#timer('agent_stalled', `The agent was silent for ${idleMs} ms.`, idleMs);
    const iterator = pieces[Symbol.asyncIterator]();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      aborted.reject(signal.reason);
    };
    aborted.promise.catch(() => undefined); // it may reject when nobody listens any more
    signal.addEventListener('abort', onAbort, { once: true });
    let usage: Usage | undefined;
    let chars = 0;
    try {
      signal.throwIfAborted();
      for (;;) {
        const next = await Promise.race([iterator.next(), aborted.promise]);
        if (next.done) return usage;
        if (next.value.type === 'usage') usage = next.value.usage;
        if (next.value.type !== 'text') continue;
        chars += next.value.text.length;
        if (chars > maxChars)
          this.#break('agent_output_too_large', `The agent said more than ${maxChars} characters.`);
        signal.throwIfAborted();
        idle.refresh();
        say(next.value.text);
      }
    } finally {
      clearTimeout(total);
      clearTimeout(idle);
      signal.removeEventListener('abort', onAbort);
      // Not awaited: an agent that hangs would hold the step for ever.
      void iterator.return?.().catch(() => undefined);
    }
  }

  #timer(code: 'agent_timeout' | 'agent_stalled', message: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#break(code, message);
    }, ms);
  }

  #break(code: 'agent_timeout' | 'agent_stalled' | 'agent_output_too_large', message: string): void {
    this.#broken.abort(new RunnerError(code, message, { retryable: code !== 'agent_output_too_large' }));
  }
}
