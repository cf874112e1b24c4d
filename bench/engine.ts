/** What the figures ask of an engine, the product or the bare one: open a session, ask it, know when its tokens came. */
import type { AgentRequest, SummaryRequest, TeamSpec } from '../src/contracts/index.ts';
import { msSince, nowUs } from './clock.ts';

/** What a session's agents do. */
export interface Shape {
  readonly agents: number;
  /** Each agent's. */
  readonly tokens: number;
  /** Pause before each token, ms; absent: none. */
  readonly paceMs?: number;
  /** Steps declared quick. The bare engine has none: it runs the same as without. */
  readonly quick?: boolean;
  /** What the product opens instead of a `sequence` of agents that say the tokens; `agents` is then the number of its steps. */
  readonly team?: TeamSpec;
  readonly cast?: readonly AgentRequest[];
  /** How the product's session is summarised; absent: it is not. */
  readonly summary?: SummaryRequest;
  /** Tokens are the time of their saying; the product needs its stamping worker for that. */
  readonly stamped?: boolean;
}

/** Longest wait for a turn, ms. */
const TURN_TIMEOUT_MS = 120_000;

/** One turn as its client saw it; ms since the message was sent. */
export interface Asked {
  readonly ackMs: number;
  readonly firstMs: number;
  /** When the client had the last token of the last agent. */
  readonly lastMs: number;
  /** For each stamped token: from its saying to the client, ms. */
  readonly lags: readonly number[];
}

/** One session with one client on a socket of its own. */
export interface Talk {
  readonly session: string;
  /** Tokens of the turn that was asked for last that are here. */
  readonly heard: number;
  /** Sends a message and resolves when its turn has ended. */
  ask(): Promise<Asked>;
  /** Sends a message and resolves when it is accepted, with the ms that this took. */
  send(): Promise<number>;
  /** Resolves with the next token of this attempt or a later one. */
  nextToken(attempt: number): Promise<void>;
  close(): void;
}

export interface Engine {
  open(shape: Shape): Promise<Talk>;
}

/** A turn under way, fed with what comes in on the socket. */
export class Meter {
  readonly #sentAt = nowUs();
  readonly #lags: number[] = [];
  readonly #stamped: boolean;
  readonly #ended: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #ackMs = Number.NaN;
  #firstMs = Number.NaN;
  #lastMs = Number.NaN;
  #tokens = 0;

  constructor(stamped: boolean, what: string) {
    this.#stamped = stamped;
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const timer = setTimeout(() => this.fail(new Error(`${what} has not ended`)), TURN_TIMEOUT_MS);
    void this.#ended.catch(() => undefined).finally(() => clearTimeout(timer));
  }

  /** So far. */
  get tokens(): number {
    return this.#tokens;
  }

  acked(): void {
    this.#ackMs = msSince(this.#sentAt);
  }

  /** Text of one or several tokens came in. */
  text(text: string): void {
    if (Number.isNaN(this.#firstMs)) this.#firstMs = msSince(this.#sentAt);
    const tokens = text.trim().split(' ');
    this.#tokens += tokens.length;
    if (!this.#stamped) return;
    for (const stamp of tokens) this.#lags.push(msSince(Number(stamp)));
  }

  /** All text is here. */
  last(): void {
    if (!Number.isNaN(this.#lastMs)) return;
    this.#lastMs = msSince(this.#sentAt);
    if (Number.isNaN(this.#firstMs)) this.#firstMs = this.#lastMs;
  }

  end(): void {
    this.last();
    this.#resolve();
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  async asked(): Promise<Asked> {
    await this.#ended;
    return { ackMs: this.#ackMs, firstMs: this.#firstMs, lastMs: this.#lastMs, lags: this.#lags };
  }
}

/** Those who wait for a token of an attempt. */
export class TokenWaiters {
  readonly #waiting = new Set<{ readonly attempt: number; readonly resolve: () => void }>();

  next(attempt: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add({ attempt, resolve });
    });
  }

  token(attempt: number): void {
    for (const waiter of this.#waiting) {
      if (attempt < waiter.attempt) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
