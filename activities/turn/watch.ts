/** What runs in this worker, as it is told to operators: kept in memory, so telling it costs no call. */
import type { Asks, SessionRef, TurnRef } from '../../src/contracts/index.ts';

export interface WatchedStep extends SessionRef {
  readonly turn: string;
  readonly agent: string;
  readonly tool?: string;
  readonly asks?: Asks;
}

/** None of these may throw. */
export interface RunWatch {
  /** A step runs until the function that this returns is called. */
  begins(step: WatchedStep): () => void;
  /** A call of a model has ended. `firstMs`: until its first token; absent: there was none. `failed`: the code with which it failed. */
  heard(asks: Asks, call: { readonly firstMs?: number; readonly failed?: string }): void;
  /** A turn is handed over, for it needs what this worker does not have. */
  lacks(turn: TurnRef, needs: string): void;
}
