/** What a workflow holds, asked for in pages, and other answers of Temporal that have a meaning of their own. */
import { describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { ANSWERED } from '../../src/contracts/index.ts';
import type { KnownEventsPage, LoggedEvent } from '../../src/contracts/index.ts';
import { fromTemporal } from '../../src/temporal/errors.ts';
import { createKnownEvents } from '../../src/temporal/index.ts';

interface AskedForEvents {
  readonly args: readonly [readonly [{ readonly from: number }]];
}

const event = (seq: number): LoggedEvent => ({ id: `e${seq}`, type: 'turn.completed', at: 1, data: {}, seq });

/** A workflow of three events, one a page, that changes its version after so many questions. */
function workflow(changes: number): { client: Client; asked: number[] } {
  const asked: number[] = [];
  /** Refuses with the answers, as the workflow does. */
  const executeUpdate = async (_name: string, { args: [[{ from }]] }: AskedForEvents): Promise<never> => {
    asked.push(from);
    const info = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 } as const;
    const version = String(Math.min(asked.length - 1, changes));
    const page = {
      info,
      known: { epoch: 7, seq: 3 },
      archivedTo: 0,
      version,
      events: [event(from + 1)],
      pending: [],
    };
    const answer: KnownEventsPage = from < 2 ? { ...page, next: from + 1 } : page;
    const refusal = ApplicationFailure.create({ type: ANSWERED, details: [[answer]] });
    throw new WorkflowUpdateFailedError('refused', refusal);
  };
  const client = {
    options: { loadedDataConverter: { payloadConverter: defaultPayloadConverter, payloadCodecs: [] } },
    // No turn runs.
    workflow: {
      getHandle: () => ({ executeUpdate, describe: async () => ({ raw: {}, status: { name: 'RUNNING' } }) }),
    },
    withDeadline: (_deadline: number, call: () => Promise<unknown>) => call(),
  } as unknown as Client; // safety: nothing else of a client is used
  return { client, asked };
}

describe('the events that a workflow holds', () => {
  const ref = { tenant: 'acme', session: 's' };

  test('are put together from as many pages as they need', async () => {
    const { client, asked } = workflow(0);
    expect((await createKnownEvents(client, 1_000)(ref))?.events).toEqual([event(1), event(2), event(3)]);
    expect(asked).toEqual([0, 1, 2]);
  });

  test('are asked for anew when they change between two pages', async () => {
    const { client, asked } = workflow(2);
    expect((await createKnownEvents(client, 1_000)(ref))?.events).toEqual([event(1), event(2), event(3)]);
    expect(asked).toEqual([0, 1, 0, 1, 2]);
  });

  test('are not asked for without end', async () => {
    const { client } = workflow(Infinity);
    await expect(createKnownEvents(client, 1_000)(ref)).rejects.toMatchObject({ code: 'overloaded' });
  });
});

test('a session that does not know the question yet is asked again', () => {
  const cause = ApplicationFailure.nonRetryable('No registered handler for update: ask');
  expect(fromTemporal(new WorkflowUpdateFailedError('refused', cause), 'worker').code).toBe('overloaded');
});

test('a run that has had all the signals that it may have is busy, not broken', () => {
  const refused = (details: string): Error =>
    Object.assign(new Error(`3 INVALID_ARGUMENT: ${details}`), { code: 3, details, metadata: {} });
  const cause = refused('exceeded workflow execution limit for signal events');
  expect(fromTemporal(new Error('Failed to signal', { cause }), 'server').code).toBe('overloaded');
  expect(fromTemporal(refused('a field is wrong'), 'server').code).toBe('internal');
});
