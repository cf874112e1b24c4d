import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { ASK_OUTSIDE } from '../../src/contracts/index.ts';

/**
 * Calls inside the workflow task, where it costs one history event instead of six. Outside if it cannot be done there: the activity must ask
 * this workflow, which answers no question inside a task; or the log is away, and a task that is held open costs three events every 1.6 s.
 */
export async function inTask<T>(inside: () => Promise<T>, outside: () => Promise<T>): Promise<T> {
  try {
    return await inside();
  } catch (error) {
    // The failure of a local activity comes bare, that of a normal one in an ActivityFailure.
    const failure = error instanceof ActivityFailure ? error.cause : error;
    if (failure instanceof ApplicationFailure && failure.type === ASK_OUTSIDE) return outside();
    throw error;
  }
}
