/** A publish inside the workflow task that goes wrong, on real servers: it goes on outside, and costs the session nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionLog } from '../../src/log/index.ts';
import { startEngine, type Engine } from '../support/worker.ts';
import { agent, faults } from './agents.ts';

let engine: Engine;
/** What the next append does instead; null: it appends. */
let instead: (() => Promise<never>) | null = null;
const over = Promise.withResolvers<never>();

function failing(log: SessionLog): SessionLog {
  return new Proxy(log, {
    get(target, name: keyof SessionLog) {
      const call = target[name].bind(target);
      if (name !== 'append') return call;
      return (...args: Parameters<SessionLog['append']>) => {
        const now = instead ?? (() => target.append(...args));
        instead = null;
        return now();
      };
    },
  });
}

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker({ log: failing });
});

afterAll(async () => {
  over.promise.catch(() => undefined);
  over.reject(new Error('the tests are over'));
  await engine.stop();
});

test.each<[string, () => Promise<never>]>([
  ['fails with a mistake', () => Promise.reject(new TypeError('not foreseen'))],
  ['takes longer than it may', () => over.promise],
])('a publish that %s', async (_, happens) => {
  instead = happens;
  const session = await engine.open([agent('a')]);
  await session.until('it is published', (event) => event.type === 'session.created');
  expect(instead).toBeNull();
  await session.send('m1');
  expect(faults(await session.turnEnded('t1'))).toEqual([]);
  expect((await session.handle().describe()).status.name).toBe('RUNNING');
});
