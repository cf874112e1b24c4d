/** Where the tokens of a connection come from, and how often they were refused one after the other. */
import { ConvokeError } from '../contracts/public.ts';
import type { RenewReply } from '../contracts/public.ts';
import { isRetryable } from './errors.ts';
import { backoff, pause, within } from './timing.ts';
import type { Pace } from './timing.ts';

export type GivenToken = string | (() => string | Promise<string>);

/** Tokens that may be refused one after the other, if each is a fresh one: with the pauses between them, about half a minute. */
const TOKENS = 8;

/** What another token may mend: the last one may be out of date, or not known everywhere yet. */
export function isOfToken(error: unknown): boolean {
  return error instanceof ConvokeError && ['unauthorized', 'token_expired'].includes(error.code);
}

interface Renewal {
  readonly pace: Pace;
  /** False once the connection is gone: the next one has a token of its own. */
  readonly isWanted: () => boolean;
  readonly bring: (token: string) => Promise<RenewReply>;
}

export class TokenSource {
  readonly #given: GivenToken;
  readonly #timeoutMs: number;
  #refused = 0;

  constructor(given: GivenToken, timeoutMs: number) {
    this.#given = given;
    this.#timeoutMs = timeoutMs;
  }

  /** Since a connection has lasted. */
  get refused(): number {
    return this.#refused;
  }

  /** Throws `timeout`, and whatever the function throws. */
  ask(): Promise<string> {
    const given = this.#given;
    const asked = typeof given === 'string' ? given : Promise.resolve().then(given);
    return within(Promise.resolve(asked), this.#timeoutMs);
  }

  /** A token was refused. True if another one is to be tried. */
  refuse(): boolean {
    if (typeof this.#given === 'string') return false;
    this.#refused += 1;
    return this.#refused < TOKENS;
  }

  /** A connection has lasted, which makes up for what was refused before it. */
  forgive(): void {
    this.#refused = 0;
  }

  /**
   * Brings another token to a connection. Null if none could be had, or none is taken: the server then ends the connection some time after its
   * token, and the next one asks again.
   */
  async renew({ pace, isWanted, bring }: Renewal): Promise<RenewReply | null> {
    if (typeof this.#given === 'string') return null;
    for (let attempt = 0; attempt < TOKENS && isWanted(); attempt++) {
      try {
        const token = await this.ask();
        return isWanted() ? await bring(token) : null;
      } catch (error) {
        if (error instanceof ConvokeError && !isRetryable(error) && !isOfToken(error)) return null;
      }
      await pause(backoff(attempt, pace));
    }
    return null;
  }
}
