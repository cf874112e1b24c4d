/** What a session is asked by queries. */
import { setHandler, workflowInfo } from '@temporalio/workflow';
import type {} from '@temporalio/workflow/lib/global-attributes.js';
import { approvalsQuery, eventsQuery, receiptsQuery, stateQuery } from './messages.ts';
import type { SessionMachine } from './rules/machine.ts';
import { stackStory } from './rules/story.ts';

export function handleQueries(machine: SessionMachine): void {
  setHandler(approvalsQuery, () => machine.waits.approvals);
  setHandler(stateQuery, () => machine.state(workflowInfo().historyLength));
  setHandler(eventsQuery, (from) => machine.events(from));
  setHandler(receiptsQuery, (messageIds) => messageIds.map((messageId) => machine.receipt(messageId)));
  // Without stack traces (`scripts/build.mjs`) the SDK would answer "Error". It has no public way to answer this query oneself.
  const told = { handler: () => stackStory(machine), description: 'What the session waits for.' };
  const { stackTraceLimit } = Error as { readonly stackTraceLimit?: number };
  if (stackTraceLimit === 0) globalThis.__TEMPORAL_ACTIVATOR__?.queryHandlers.set('__stack_trace', told);
}
