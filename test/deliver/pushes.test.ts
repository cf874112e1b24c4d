import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { Watcher } from '../../src/deliver/index.ts';
import { Pushes } from '../../src/deliver/follow/pushes.ts';
import { eventually } from '../support/process.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // safety: that is what the flag exposes

function watcher(id: string, at: (seq: number) => number | undefined = () => undefined): Watcher {
  const connection = { id, kind: 'socket', acknowledged: { at } } as const;
  return { connection, subject: 'ana' } as unknown as Watcher; // safety: nothing else of it is looked at
}
const nothing = (): void => undefined;

test('who was there when an event was sent, who got it with the subscription, and who had it', () => {
  const pushes = new Pushes();
  const leaves = pushes.joins(
    { watcher: watcher('early', (seq) => (seq <= 3 ? 77 : undefined)), got: 1 },
    nothing,
  );
  for (const seq of [2, 3, 4]) pushes.sent(seq);
  leaves();
  pushes.joins({ watcher: watcher('later'), got: 4, had: 4 }, nothing);
  const { pushedAt, connections } = pushes.of(3);
  expect(pushedAt).toBeLessThanOrEqual(Date.now());
  expect(connections).toMatchObject([
    { id: 'early', kind: 'socket', subject: 'ana', acknowledgedAt: 77 },
    { id: 'later', acknowledgedAt: connections[1]?.since },
  ]);
  expect(connections[0]).toHaveProperty('until');
  expect(pushes.of(4).connections[0]).not.toHaveProperty('acknowledgedAt');
  expect(pushes.of(9)).toEqual({ connections: [] });
});

test('it is bounded: the newest events, those who left last, and so many connections for one answer', () => {
  const pushes = new Pushes();
  for (let count = 0; count < 3 * LIMITS.tracedConnections; count += 1)
    pushes.joins({ watcher: watcher(`c${count}`), got: 0 }, nothing);
  for (let seq = 1; seq <= LIMITS.pushesKept + 1; seq += 1) pushes.sent(seq);
  expect(pushes.of(1).pushedAt).toBeUndefined();
  expect(pushes.of(2).pushedAt).toBeDefined();
  expect(pushes.of(2).connections).toHaveLength(LIMITS.tracedConnections);
  expect(pushes.of(2).more).toBe(2 * LIMITS.tracedConnections);
  for (let count = 0; count <= LIMITS.leftKept; count += 1)
    pushes.joins({ watcher: watcher(`left${count}`), got: LIMITS.pushesKept + 1 }, nothing)();
  pushes.clear();
  expect(pushes.of(2).pushedAt).toBeUndefined();
});

test('who has left is told, and not kept', async () => {
  const pushes = new Pushes();
  const seen = ((): WeakRef<Watcher> => {
    const gone = watcher('gone');
    pushes.joins({ watcher: gone, got: 5 }, nothing)();
    return new WeakRef(gone);
  })();
  await eventually('it is let go', () => {
    collect();
    return seen.deref() === undefined;
  });
  expect(pushes.of(5).connections).toMatchObject([{ id: 'gone', kind: 'socket' }]);
});
