/**
 * What a session is asked, and answers. One that runs is asked by an update whose validator refuses, with the answers: that leaves nothing in
 * its history. One that has ended cannot be updated, and is asked by a query.
 *
 * Why not always by queries: a query may reach a worker with a history that ends in a task which another worker has begun, or will begin. SDK
 * 1.24 takes it for a completed one and goes on from there (`find_end_index_of_next_wft_seq`); if that task ends otherwise, its worker writes a
 * history that nobody can replay (`test/e2e/asked.test.ts`). An update comes with a task of its own.
 */
import { ApplicationFailure, setHandler, workflowInfo } from '@temporalio/workflow';
import type {} from '@temporalio/workflow/lib/global-attributes.js';
import {
  ANSWERED,
  isQuestions,
  type Answers,
  type ErrorCode,
  type Question,
} from '../src/contracts/index.ts';
import { askQuery, askUpdate } from './messages.ts';
import type { SessionMachine } from './rules/machine.ts';
import { stackStory } from './rules/story.ts';

/** `machine`: null while the session is being made. */
export function handleQuestions(machine: () => SessionMachine | null): void {
  const answers = (asked: unknown): readonly unknown[] => answersOf(machine(), asked);
  const validator = (asked: unknown): never => {
    throw ApplicationFailure.create({ type: ANSWERED, nonRetryable: true, details: [answers(asked)] });
  };
  // Its validator lets nothing through.
  setHandler(askUpdate, (asked) => validator(asked), { validator });
  setHandler(askQuery, answers);
  // Without stack traces (`scripts/build.mjs`) the SDK would answer "Error". It has no public way to answer this query oneself.
  const story = (): unknown => {
    const made = machine();
    return made ? stackStory(made) : '';
  };
  const told = { handler: story, description: 'What the session waits for.' };
  const { stackTraceLimit } = Error as { readonly stackTraceLimit?: number };
  if (stackTraceLimit === 0) globalThis.__TEMPORAL_ACTIVATOR__?.queryHandlers.set('__stack_trace', told);
}

function answersOf(machine: SessionMachine | null, asked: unknown): readonly unknown[] {
  if (!isQuestions(asked)) throw refused('invalid_request', 'A session is asked a list of questions.');
  if (!machine) throw refused('overloaded', 'The session is being made; ask again.');
  return asked.map((question) => answer(machine, question));
}

function answer(machine: SessionMachine, question: Question): Answers[Question['ask']] {
  switch (question.ask) {
    case 'approvals':
      return machine.waits.approvals;
    case 'state':
      return machine.state(workflowInfo().historyLength);
    case 'events':
      return machine.events(question.from);
    case 'receipt':
      return machine.receipt(question.messageId);
  }
}

function refused(code: ErrorCode, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code);
}
