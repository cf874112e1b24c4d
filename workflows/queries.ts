/** What a session is asked by queries. */
import { setHandler, workflowInfo } from '@temporalio/workflow';
import { approvalsQuery, eventsQuery, receiptsQuery, stateQuery } from './messages.ts';
import type { SessionMachine } from './rules/machine.ts';

export function handleQueries(machine: SessionMachine): void {
  setHandler(approvalsQuery, () => machine.waits.approvals);
  setHandler(stateQuery, () => machine.state(workflowInfo().historyLength));
  setHandler(eventsQuery, (from) => machine.events(from));
  setHandler(receiptsQuery, (messageIds) => messageIds.map((messageId) => machine.receipt(messageId)));
}
