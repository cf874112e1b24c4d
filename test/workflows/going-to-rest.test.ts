/** What comes while a session goes to rest. On real servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, types } from './agents.ts';
import { echoes, goesOn, hibernated, runs, StoreHook } from './hibernating.ts';

const hook = new StoreHook();
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ hibernateAfterMs: 700 });
  await engine.startWorker({ runner: echoes, archive: (archive) => hook.over(archive) });
});

afterAll(async () => {
  await engine.stop();
});

describe('what comes while a session goes to rest', () => {
  /** A session that has answered `m1` and is about to store its state. */
  async function restless(): Promise<TestSession> {
    const session = await engine.open([agent('a')]);
    await session.send('m1', 'one');
    await session.turnEnded('t1');
    return session;
  }

  test('keeps it open if its state is not stored yet', async () => {
    const session = await restless();
    const sent = Promise.withResolvers<null>();
    await hook.once(async (store) => {
      await sent.promise;
      await store();
    });
    await session.send('m2', 'meanwhile');
    sent.resolve(null);
    await session.turnEnded('t2');
    expect(await runs(engine, session)).toBe(1);
    await hibernated(session);
    expect(await goesOn(session, 'm3', 't3')).toContain('meanwhile');
  });

  test('is not lost when it comes with the end of the workflow, round after round', async () => {
    const session = await restless();
    for (let n = 2; n <= 11; n += 1) {
      const sending = Promise.withResolvers<null>();
      await hook.once(async (store) => {
        await store();
        // The signal and the end of the activity go to the server at the same time.
        session.send(`m${n}`, `round ${n}`).then(() => sending.resolve(null), sending.reject);
      });
      await sending.promise;
      await session.turnEnded(`t${n}`);
    }
    const events = await session.events();
    expect(faults(events)).toEqual([]);
    expect(types(events).filter((type) => type === 'turn.completed')).toHaveLength(11);
  });

  test('is answered when it is an update, round after round', async () => {
    const session = await restless();
    for (let n = 1; n <= 8; n += 1) {
      const person = { kind: 'person', name: `p${n}` };
      const asking = Promise.withResolvers<unknown>();
      await hook.once(async (store) => {
        await store();
        engine.intake
          .control({ tenant: session.tenant }, session.session, 'members', { join: person })
          .then(asking.resolve, asking.reject);
      });
      expect(await asking.promise).toMatchObject({ status: 'changed' });
      expect(await goesOn(session, `r${n}`, `t${n + 1}`)).toContain(`text of r${n}`);
    }
    expect((await session.state()).members).toHaveLength(9);
  });

  test('finds it whole if a worker was lost after the write', async () => {
    const session = await restless();
    await hook.once(async (store) => {
      await store();
      throw new Error('scripted: nobody hears of it');
    });
    await hibernated(session);
    expect(await goesOn(session, 'm2', 't2')).toBe('one | one | text of m2');
  });
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(4);
});
