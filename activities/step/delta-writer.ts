/**
 * Streams a step's reasoning and text into the log: at most one call is under way, and what comes meanwhile goes with the next. So a slow
 * model's token leaves at once, and a fast one's are joined without a timer.
 */
import { setImmediate as afterThisTurn } from 'node:timers/promises';
import type { Delta } from '../../src/contracts/index.ts';
import type { DeltaReply } from '../../src/log/index.ts';

export interface DeltaSink {
  /** `stopped`: it is of no use any more to wait for a log that is away, or full. */
  send(delta: Pick<Delta, 'offset' | 'text' | 'part'>, stopped: AbortSignal): Promise<DeltaReply>;
  /** The step is not open any more, or the log is lost: open it again. False: the step is over for this attempt. */
  reopen(): Promise<boolean>;
}

/** Why a writer waits no longer. Made once: an error costs its stack trace. */
const STOPPED = new Error('The agent has ended.');

interface Part {
  said: string;
  /** What of it the log has, UTF-16 code units. */
  sent: number;
}

export class DeltaWriter {
  readonly #sink: DeltaSink;
  readonly #onError: (error: unknown) => void;
  readonly #reasoning: Part = { said: '', sent: 0 };
  readonly #text: Part = { said: '', sent: 0 };
  readonly #waiting = new AbortController();
  #pumping: Promise<void> | null = null;
  #stopped = false;

  constructor(sink: DeltaSink, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  /** Everything said so far. */
  get text(): string {
    return this.#text.said;
  }

  get reasoning(): string {
    return this.#reasoning.said;
  }

  /** Whole characters: the speech hands on no half of a surrogate pair. */
  write(part: 'text' | 'reasoning', text: string): void {
    const to = part === 'text' ? this.#text : this.#reasoning;
    to.said += text;
    this.#start();
  }

  /**
   * Sends nothing more; resolves when no call is under way. What is unsent comes with the step's end, which a full log takes too. With `ahead`,
   * what an agent said all at once leaves now, and nobody waits for the answer: its end takes a while.
   */
  async stop(ahead = false): Promise<void> {
    this.#stopped = true;
    this.#waiting.abort(STOPPED);
    await this.#pumping;
    if (!ahead || this.#text.sent + this.#reasoning.sent > 0) return;
    for (const part of [this.#reasoning, this.#text]) {
      if (part.said !== '') void this.#give(part).catch(() => undefined);
    }
  }

  #start(): void {
    if (this.#stopped) return;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
      // Something may have been said after the last look.
      if (this.#unsent) this.#start();
    });
  }

  /** What comes next, if anything does. */
  get #unsent(): Part | null {
    return [this.#reasoning, this.#text].find(({ said, sent }) => sent < said.length) ?? null;
  }

  async #pump(): Promise<void> {
    try {
      // An agent that says all at once is done by then: it needs no delta, its text comes with the end. Of one that streams, every token is one.
      if (this.#text.sent + this.#reasoning.sent === 0) await afterThisTurn();
      while (await this.#send()) if (this.#stopped) return;
    } catch (error) {
      this.#stopped = true;
      if (error !== STOPPED) this.#onError(error);
    }
  }

  #give(part: Part): Promise<DeltaReply> {
    const { said, sent } = part;
    const rest = { offset: sent, text: said.slice(sent) };
    const delta = part === this.#reasoning ? { ...rest, part: 'reasoning' as const } : rest;
    return this.#sink.send(delta, this.#waiting.signal);
  }

  /** False if there is nothing to send. */
  async #send(): Promise<boolean> {
    const part = this.#unsent;
    if (this.#stopped || !part) return false;
    const { said } = part;
    const reply = await this.#give(part);
    if (reply.status === 'ok') part.sent = said.length;
    else if (reply.status === 'offset') part.sent = reply.offset;
    else if (!(await this.#sink.reopen())) this.#stopped = true;
    return true;
  }
}
