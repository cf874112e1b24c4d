/**
 * Streams a step's text into the log: at most one call is under way, and what comes meanwhile goes with the next. So a slow model's token
 * leaves at once, and a fast one's are joined without a timer.
 */
import { setImmediate as afterThisTurn } from 'node:timers/promises';
import type { Delta } from '../src/contracts/index.ts';
import type { DeltaReply } from '../src/log/index.ts';

export interface DeltaSink {
  send(delta: Pick<Delta, 'offset' | 'text'>): Promise<DeltaReply>;
  /** The step is not open any more, or the log is lost: open it again. False: the step is over for this attempt. */
  reopen(): Promise<boolean>;
}

/** Length without a trailing half of a surrogate pair: its other half comes with the next token. */
function wholeLength(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
}

export class DeltaWriter {
  readonly #sink: DeltaSink;
  readonly #onError: (error: unknown) => void;
  #text = '';
  #sent = 0;
  #pumping: Promise<void> | null = null;
  #stopped = false;

  constructor(sink: DeltaSink, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  /** Everything said so far. */
  get text(): string {
    return this.#text;
  }

  write(text: string): void {
    this.#text += text;
    if (this.#stopped) return;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
    });
  }

  /** Sends nothing more; resolves when no call is under way. What is unsent comes with the step's end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    try {
      // An agent that says all at once is done by then: it needs no delta, its text comes with the end. Of one that streams, every token is one.
      if (this.#sent === 0) await afterThisTurn();
      for (;;) {
        const until = wholeLength(this.#text);
        if (this.#stopped || until <= this.#sent) return;
        const reply = await this.#sink.send({
          offset: this.#sent,
          text: this.#text.slice(this.#sent, until),
        });
        if (reply.status === 'ok') this.#sent = until;
        else if (reply.status === 'offset') this.#sent = reply.offset;
        else if (!(await this.#sink.reopen())) this.#stopped = true;
      }
    } catch (error) {
      this.#stopped = true;
      this.#onError(error);
    }
  }
}
