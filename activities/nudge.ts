import { Context } from '@temporalio/activity';
import { SESSION } from '../src/contracts/index.ts';

/** Signals the run of the workflow that this is an activity of. */
export async function nudge(): Promise<void> {
  const { client, info } = Context.current();
  const { workflowId, runId } = info.workflowExecution ?? { workflowId: '' };
  await client.workflow.getHandle(workflowId, runId).signal(SESSION.signals.nudge);
}
