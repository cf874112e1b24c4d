/** What a session must outlive, forced: a lost log, and the next run of its workflow. */
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { LIMITS, workflowId } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import type { Stack } from '../support/stack.ts';
import { rest } from './scene.ts';

/** All logs are lost. */
export async function flushRedis({ redis }: Stack): Promise<void> {
  const client = new Redis(redis.url);
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}

/** Pauses and resumes an agent of the session until its workflow has continued as new. */
export async function continueAsNew(stack: Stack, session: string, agent: string): Promise<void> {
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(workflowId({ tenant: 'dev', session }));
    const { runId } = await handle.describe();
    const path = `/v1/sessions/${session}/members`;
    for (let changes = 0; changes < LIMITS.historyEvents; changes += 1) {
      for (const body of [{ pause: agent }, { resume: agent }]) {
        // Between two runs the workflow may not answer.
        await eventually('the change is made', async () => {
          const { status } = await rest(stack.urls[0]!, 'POST', path, { body });
          return status === 200;
        });
      }
      if ((await handle.describe()).runId !== runId) return;
    }
    throw new Error('the workflow has not continued as new');
  } finally {
    await connection.close();
  }
}

/** The workflow of the session ends without closing it. */
export async function terminate({ temporal }: Stack, session: string): Promise<void> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { workflow } = new Client({ connection });
    await workflow.getHandle(workflowId({ tenant: 'dev', session })).terminate();
  } finally {
    await connection.close();
  }
}
