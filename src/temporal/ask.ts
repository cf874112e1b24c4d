/** Asks the workflows of sessions: one that runs by an update, which it refuses with the answers, one that has ended by a query. */
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ANSWERED, Batches, ConvokeError, LIMITS, SESSION } from '../contracts/index.ts';
import type { Answers, EndedRun, Question, SessionRef } from '../contracts/index.ts';
import { isWorkflowEnded, isWorkflowNotFound } from './errors.ts';

/** By question, in their order. `described`: how the workflow stood a moment ago. Throws what Temporal's client throws, and what the session refuses. */
export async function askSession<const Q extends readonly Question[]>(
  handle: Pick<WorkflowHandle, 'executeUpdate' | 'query'>,
  described: Pick<WorkflowExecutionDescription, 'status'>,
  questions: Q,
): Promise<{ readonly [K in keyof Q]: Answers[Q[K]['ask']] }> {
  const answers = await answersOf(handle, described, questions);
  if (!Array.isArray(answers) || answers.length !== questions.length) throw new ConvokeError('internal');
  // safety: by `workflows/questions.ts`
  return answers as unknown as { readonly [K in keyof Q]: Answers[Q[K]['ask']] };
}

async function answersOf(
  handle: Pick<WorkflowHandle, 'executeUpdate' | 'query'>,
  { status }: Pick<WorkflowExecutionDescription, 'status'>,
  questions: readonly Question[],
): Promise<unknown> {
  if (status.name === 'RUNNING') {
    try {
      await handle.executeUpdate(SESSION.updates.ask, { args: [questions] });
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (cause instanceof ApplicationFailure && cause.type === ANSWERED) return cause.details?.[0];
      // It has ended meanwhile.
      if (!isWorkflowNotFound(error) && !isWorkflowEnded(error)) throw error;
    }
  }
  return handle.query(SESSION.queries.ask, questions);
}

export type Answer = Answers[Question['ask']];
type Told = { readonly answer: Answer | undefined } | { readonly ended: EndedRun };

/** By session; answers in the order of the questions, or what nobody runs any more. */
type AskTogether = (ref: SessionRef, questions: readonly Question[]) => Promise<EndedRun | readonly Answer[]>;

/**
 * Temporal lets a run have ten updates at a time (`history.maxInFlightUpdates`), and votes and cancels are updates, too: so those that ask a
 * session while it is being asked wait, and are answered together; the same question is asked once.
 */
export class Questions {
  readonly #batches: Batches<
    Question,
    { readonly answer: Answer | undefined } | { readonly ended: EndedRun }
  >;

  constructor(ask: AskTogether) {
    this.#batches = new Batches<Question, Told>(async (ref, questions) => {
      const different = new Map(questions.map((question) => [JSON.stringify(question), question]));
      const answers = await ask(ref, [...different.values()]);
      if (!isAnswers(answers)) return questions.map(() => ({ ended: answers }));
      const keys = [...different.keys()];
      return questions.map((question) => ({ answer: answers[keys.indexOf(JSON.stringify(question))] }));
    }, LIMITS.receiptsAtOnce);
  }

  /** `interrupted`: the answer in a session that nobody runs. Rejects with what `ask` throws. */
  async ask<Q extends Question>(
    ref: SessionRef,
    question: Q,
    interrupted: (ended: EndedRun) => Answers[Q['ask']],
  ): Promise<Answers[Q['ask']]> {
    const told = await this.#batches.ask(ref, question);
    // safety: the answer is that of the question
    return 'ended' in told ? interrupted(told.ended) : (told.answer as Answers[Q['ask']]);
  }
}

function isAnswers(answers: EndedRun | readonly Answer[]): answers is readonly Answer[] {
  return Array.isArray(answers);
}
