/** A run of a session that a worker cannot replay is ended at the second failure, not at the first. (On real servers: `test/ingest/reopen.test.ts`.) */
import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { endUnfitRuns } from '../../src/main/unfit.ts';
import { eventually } from '../support/process.ts';

test('one failed replay of each run ends none, a second one ends that run', async () => {
  const evictionsEmitter = new EventEmitter();
  const ended: string[] = [];
  const workflow = {
    async *list({ query }: { readonly query: string }) {
      yield { workflowId: /RunId = '(\w+)'/.exec(query)?.[1] };
    },
    getHandle: (id: string) => ({ terminate: async () => void ended.push(id) }),
  };
  const client = { workflow } as unknown as Client; // safety: what is asked of it
  const stop = endUnfitRuns({ evictionsEmitter } as unknown as Worker, {
    ...{ client, logger: { warn: () => undefined } },
  });
  const evict = (runId: string, reason = 3): void =>
    void evictionsEmitter.emit('eviction', { runId, evictJob: { reason } });
  evict('a');
  evict('b');
  evict('b', 1);
  evict('c');
  evict('c');
  await eventually('the run is ended', () => ended.length > 0);
  expect(ended).toEqual(['c']);
  stop();
  evict('a');
  expect(ended).toEqual(['c']);
});
