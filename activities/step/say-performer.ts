/** A step in which the team itself says something: nobody is asked. */
import { LIMITS } from '../../src/contracts/index.ts';
import type { RunPiece } from '../agents/runner.ts';
import type { Said } from './attempt.ts';
import type { Performer } from './performer.ts';

export class SayPerformer implements Performer<string> {
  readonly lacks = null;
  readonly maxAttempts = 1;
  readonly bounds = {
    timeoutMs: LIMITS.stepTimeoutMs,
    firstMs: LIMITS.stepFirstMs,
    idleMs: LIMITS.stepIdleMs,
    maxChars: LIMITS.stepChars,
  };
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  async prepare(): Promise<string> {
    return this.#text;
  }

  async *speak(_attempt: number, text: string): AsyncGenerator<RunPiece, void, undefined> {
    yield { type: 'text', text };
  }

  judges(said: Said): Said {
    return said;
  }
}
