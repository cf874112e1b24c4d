/** How many sessions of a tenant have a workflow that runs. */
import type { Client } from '@temporalio/client';
import { fromTemporal, ingressDeadline } from './errors.ts';
import { visibilityQuery } from './sessions-query.ts';

/** `without`: sessions that are not counted. Eventually consistent, like lists. Throws as they do. */
export function createOpenCount(
  client: Client,
): (tenant: string, without: readonly string[]) => Promise<number> {
  return async (tenant, without) => {
    const query = visibilityQuery(tenant, { status: 'open', without });
    const { namespace } = client.options;
    try {
      const { count } = await client.withDeadline(ingressDeadline('server'), () =>
        client.workflowService.countWorkflowExecutions({ namespace, query }),
      );
      return Number(count);
    } catch (error) {
      throw fromTemporal(error, 'server');
    }
  };
}
