/** Runs scorers on finished turns: which turns, and one scorer on one turn. */
import {
  ConvokeError,
  isConvokeError,
  isId,
  isSampled,
  LIMITS,
  scorerName,
  type FeedbackRequest,
  type ScoreInput,
  type Scoring,
  type SessionRef,
  type TurnInput,
  type TurnResult,
} from '../../src/contracts/index.ts';
import { NO_METRICS, secondsSince, type Logger, type Metrics } from '../../src/telemetry/index.ts';
import { RunnerError, type AgentRunner } from '../agents/runner.ts';
import type { ConversationAccess } from '../conversation/reader.ts';
import { judged } from './judge.ts';
import { scoredTurn } from './scored-turn.ts';
import type { Score, ScoredTurn, Scorer } from './scorer.ts';

export interface ScoringDeps extends ConversationAccess {
  /** Those of this worker's configuration, by name; absent: none. */
  readonly scorers?: ReadonlyMap<string, Scorer>;
  /** Starts the workflow `score`, unless there is or was one for the turn. Absent: no turn is scored. */
  readonly startScoring?: (scoring: Scoring) => Promise<void>;
  /** Hands feedback to a session; again: nothing happens. */
  readonly giveFeedback?: (ref: SessionRef, feedback: FeedbackRequest) => Promise<void>;
  readonly runners: Readonly<Partial<Record<string, AgentRunner>>>;
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  readonly metrics?: Metrics | undefined;
}

/**
 * Has a turn scored that has been completed, if it is among those that are. Never rejects: what goes wrong with scoring is reported, and is
 * nothing to the session.
 */
export async function scoreAfter(deps: ScoringDeps, input: TurnInput, result: TurnResult): Promise<void> {
  const { scorers, startScoring, logger } = deps;
  if (!scorers || scorers.size === 0 || !startScoring || result.status !== 'done') return;
  const { tenant, session, turn } = input;
  if (!result.report.events.some((event) => event.type === 'turn.completed' && event.turn === turn)) return;
  const ref = { tenant, session };
  const sampled = [...scorers].filter(([, { rate }]) => isSampled(ref, turn, rate)).map(([name]) => name);
  if (sampled.length === 0) return;
  try {
    await startScoring({ ...ref, turn, scorers: sampled });
  } catch (err) {
    logger?.warn({ err, ...ref, turn }, 'A turn is not scored: the workflow for it could not be started');
  }
}

/** One scorer on one turn. Throws `worker_unavailable`, `turn_not_found`, `agent_output_invalid`, what the scorer throws, and what a session says to feedback. */
export async function scoreTurn(
  deps: ScoringDeps,
  input: ScoreInput,
  { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
): Promise<void> {
  const { logger, metrics = NO_METRICS } = deps;
  const began = performance.now();
  const told = (outcome: string): void => {
    metrics.add('convoke_steps_total', { kind: 'scorer', outcome });
    metrics.observe('convoke_step_seconds', { kind: 'scorer' }, secondsSince(began));
  };
  try {
    await run(deps, input, { attempt, signal });
    told('completed');
  } catch (err) {
    logger?.warn({ err, ...input, attempt }, 'A scorer has failed');
    told(err instanceof RunnerError || isConvokeError(err) ? err.code : 'agent_failed');
    throw err;
  }
}

interface Attempt {
  readonly attempt: number;
  readonly signal: AbortSignal;
}

async function run(deps: ScoringDeps, input: ScoreInput, call: Attempt): Promise<void> {
  const { scorer, turn, tenant, session } = input;
  const ref = { tenant, session };
  const known = deps.scorers?.get(scorer);
  if (!known)
    throw new ConvokeError('worker_unavailable', `This worker's configuration has no scorer "${scorer}".`);
  const found = await scoredTurn(deps, ref, turn);
  if (!found) throw new ConvokeError('turn_not_found', 'What was said in the turn cannot be found any more.');
  const score = await ask(deps, { ...call, name: scorer, scorer: known, turn: found });
  if (!score) return;
  await deps.giveFeedback?.(ref, {
    ...{ turn, from: scorerName(scorer), feedbackId: turn },
    ...said(score),
    ...(known.private && { private: true }),
  });
}

async function ask(
  { runners, metrics = NO_METRICS }: ScoringDeps,
  {
    scorer,
    name,
    turn,
    ...call
  }: Attempt & { readonly name: string; readonly scorer: Scorer; readonly turn: ScoredTurn },
): Promise<Score | null> {
  if (scorer.kind === 'code') return await inTime(call.signal, async () => scorer.code(turn, call));
  const { judge } = scorer;
  const { score, usage } = await judged({ ...call, turn, judge, scorer: name, runner: runners['model'] });
  const { tenant } = turn;
  metrics.add('convoke_tokens_total', { tenant, direction: 'input' }, usage?.inputTokens ?? 0);
  metrics.add('convoke_tokens_total', { tenant, direction: 'output' }, usage?.outputTokens ?? 0);
  return score;
}

/** What a scorer says as feedback may say it: a score out of its range is refused, text that is too long is cut. */
function said({ thumb, score, label, comment }: Score): Score {
  if (score !== undefined && !(score >= 0 && score <= 1))
    throw new ConvokeError('agent_output_invalid', 'A score is a number from 0 to 1.');
  return {
    ...(thumb === undefined ? {} : { thumb }),
    ...(score === undefined ? {} : { score }),
    ...(isId(label) ? { label } : {}),
    ...(typeof comment === 'string' && comment !== ''
      ? { comment: comment.slice(0, LIMITS.commentChars).toWellFormed() }
      : {}),
  };
}

/** Code that does not heed its signal is not waited for. */
async function inTime<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', late, { once: true });
  try {
    return await Promise.race([call(), promise]);
  } finally {
    signal.removeEventListener('abort', late);
  }
}
