import { Client, Connection } from '@temporalio/client';
import { workflowId } from '../../src/contracts/index.ts';
import { eventually } from './process.ts';
import type { Role, Stack } from './stack.ts';

/** The worker that runs the turn of a session of the tenant `dev` right now. */
export async function workerOf(stack: Stack, session: string): Promise<Role> {
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(workflowId({ tenant: 'dev', session }));
    let found: Role | undefined;
    await eventually('a worker runs the turn', async () => {
      const { raw } = await handle.describe();
      const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
      found = stack.workers.find((worker) => identity.startsWith(`${worker.pid}@`));
      return found !== undefined;
    });
    return found!;
  } finally {
    await connection.close();
  }
}
