/** What a worker tells of its last minutes. */
import { afterEach, expect, jest, test } from '@jest/globals';
import {
  LIMITS,
  RECOVERY,
  type SessionActivities,
  type TurnInput,
  type WorkerStatus,
} from '../../src/contracts/index.ts';
import type { WorkerRows } from '../../src/log/index.ts';
import { RunningHere } from '../../src/main/running-here.ts';
import { tellWorker } from '../../src/main/tell-worker.ts';

const TURN = { tenant: 'acme', session: 'oak', turn: 't1' };

afterEach(() => void jest.useRealTimers());

test('of a turn that runs it tells the step that has run longest', async () => {
  const here = new RunningHere();
  const over = Promise.withResolvers<never>();
  const { runTurn } = here.watch({ runTurn: () => over.promise } as unknown as SessionActivities); // safety: no more is called
  const running = runTurn(TURN as unknown as TurnInput).catch(() => undefined); // safety: no more is read
  const ends = here.begins({ ...TURN, agent: 'archivist', tool: 'records' });
  here.begins({ ...TURN, agent: 'writer', asks: { provider: 'south', model: 'm' } });
  expect(here.told.longest).toMatchObject([{ ...TURN, doing: { agent: 'archivist', tool: 'records' } }]);
  ends();
  expect(here.told.longest).toMatchObject([{ doing: { agent: 'writer', provider: 'south', model: 'm' } }]);
  over.reject(new Error('It has ended.'));
  await running;
  expect(here.told.longest).toEqual([]);
});

test('model endpoints are told with the median of their first tokens, and what they failed', () => {
  const here = new RunningHere();
  for (const firstMs of [20, 40, 30]) here.heard({ provider: 'south' }, { firstMs });
  here.heard({ provider: 'south' }, { failed: 'agent_timeout' });
  here.heard({ provider: 'south' }, { failed: 'agent_output_too_large' });
  expect(here.told.endpoints).toEqual([{ provider: 'south', calls: 5, failed: 1, firstMs: 30 }]);
  for (let each = 0; each < 2 * LIMITS.workerEndpoints; each += 1) here.heard({ provider: `p${each}` }, {});
  expect(here.told.endpoints).toHaveLength(LIMITS.workerEndpoints);
});

test('what turns needed and it does not have, and who waits for a place, is told until it is over', async () => {
  const here = new RunningHere();
  here.lacks(TURN, 'agent.auditor');
  here.lacks(TURN, 'agent.auditor');
  expect(here.told.lacked).toMatchObject([{ needs: 'agent.auditor', times: 2 }]);
  expect(here.told.handedOver).toMatchObject([{ ...TURN, needs: 'agent.auditor' }]);
  let status: 'waiting' | 'entered' = 'waiting';
  const left: unknown[] = [];
  const places = here.places({
    enter: async (_turn: object) =>
      status === 'waiting' ? { status, most: 1, used: 1, since: 5, place: 1, againInMs: 1_000 } : { status },
    forget: () => undefined,
    leave: (turn, goesOn) => void left.push([turn, goesOn]),
  });
  await places.enter(TURN);
  expect(here.told.waiting).toMatchObject([{ ...TURN, most: 1, since: 5 }]);
  status = 'entered';
  await places.enter(TURN);
  expect(here.told.waiting).toEqual([]);
  places.leave(TURN, true);
  expect(left).toEqual([[TURN, true]]);
});

test('turns that are handed over are told soon, in one write, and until they must have been taken up', async () => {
  jest.useFakeTimers();
  const here = new RunningHere();
  const told: WorkerStatus[] = [];
  const rows = {
    tell: async (worker: WorkerStatus) => void told.push(worker),
    forget: async () => undefined,
  };
  const slots = { turns: 0, quick: 0, tasks: 0, cached: 0 };
  const ends = tellWorker({
    rows: rows as Partial<WorkerRows> as WorkerRows, // safety: no more is called
    ...{ catalog: { agents: {}, teams: [], tools: [] }, load: () => ({ ...slots, queues: ['convoke'] }) },
    ...{ here, draining: new AbortController().signal },
  });
  for (let each = 0; each <= LIMITS.workerHandedOver; each += 1)
    here.lacks({ ...TURN, turn: `t${each}` }, 'agent.auditor');
  expect(told).toHaveLength(1);
  jest.advanceTimersByTime(LIMITS.workerSoonMs);
  expect(told).toHaveLength(2);
  expect(told[1]?.handedOver).toHaveLength(LIMITS.workerHandedOver);
  expect(told[1]?.handedOver?.at(-1)).toMatchObject({ turn: `t${LIMITS.workerHandedOver}` });
  await ends();
  here.lacks(TURN, 'agent.auditor');
  jest.advanceTimersByTime(RECOVERY.ableWorkerMs + LIMITS.workerEveryMs);
  expect(told).toHaveLength(2);
  expect(here.told.handedOver).toEqual([]);
});
