/** How a session stands by what Temporal says of the newest run of its workflow. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, type SessionSummary } from '../contracts/index.ts';
import { interruptionOf } from './ended-run.ts';

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD);

export function standingOf(
  found: Pick<WorkflowExecutionDescription, 'status' | 'typedSearchAttributes'>,
): SessionSummary['status'] {
  if (found.status.name === 'RUNNING') return 'open';
  if (interruptionOf(found)) return 'interrupted';
  return found.typedSearchAttributes.get(STATUS) === 'hibernated' ? 'hibernated' : 'closed';
}
