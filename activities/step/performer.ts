/** What a step does in each of its attempts: it asks an agent (`agent-performer`) or uses a tool (`tool-performer`). */
import type { Asks, EventData, OpenTry, Price } from '../../src/contracts/index.ts';
import type { RunnerError, RunPiece } from '../agents/runner.ts';
import type { Said } from './attempt.ts';
import type { SpeechBounds } from './speech.ts';

/** `Told`: what an attempt needs to know. */
export interface Performer<Told> {
  /** A means that this worker lacks and another may have; null: it has all that it needs. */
  readonly lacks: string | null;
  readonly bounds: SpeechBounds;
  /** Attempts that may fail before the step does. */
  readonly maxAttempts: number;
  /**
   * Gets what the next attempt needs to know. A `RunnerError`: there is no use in an attempt. `before`: what earlier attempts have left.
   * Throws what is wrong in the engine.
   */
  prepare(before: OpenTry | undefined): Promise<Told | RunnerError>;
  speak(attempt: number, told: Told, signal: AbortSignal): AsyncIterable<RunPiece>;
  /** What the step tells once its answer has come to its end, or what is wrong with it. */
  judges(said: Said): Said | RunnerError;
  /** What the step's end tells besides its answer. */
  readonly told?: Pick<EventData['step.completed'], 'shown' | 'summarises'>;
  /** What the newest attempt was asked, as it is recorded where that is asked for. */
  readonly asked?: string;
  /** Others wait for it: it makes no pause that clients would be told of. */
  readonly isBrief?: boolean;
  /** What a million tokens cost; undefined: nothing that is known. */
  readonly price?: Price | undefined;
  /** The model that is asked; undefined: none is, or it is not known. */
  readonly asks?: Asks | undefined;
}
