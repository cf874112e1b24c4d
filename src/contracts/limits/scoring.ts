/** What scorers may take. */
import { HOUR, KIB, SECOND } from './units.ts';

export const SCORING_LIMITS = {
  /** Scorers of a configuration, and the rubric of each, UTF-16 code units. */
  scorers: 16,
  rubricChars: 16 * KIB,
  /** Letters of a scorer's name: with `scorer:` before it it is a name as people have. */
  scorerNameChars: 48,
  /** One attempt of a scorer, and how many. */
  scoreTimeoutMs: 120 * SECOND,
  scoreAttempts: 5,
  /** All attempts, and until a worker is there. */
  scoreGivenUpMs: 1 * HOUR,
  /** Events of a session that are searched for a turn, the newest. */
  scoredEvents: 4_000,
  /** What a model is shown of a turn, and its answer, UTF-16 code units. */
  judgedChars: 64 * KIB,
  judgementChars: 16 * KIB,
  /** Until Temporal has been told to have a turn scored. */
  scoringStartMs: 5 * SECOND,
} as const;
