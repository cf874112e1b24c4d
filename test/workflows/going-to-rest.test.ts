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
  let sessions = 0;
  const nextId = (): string => `restless${(sessions += 1)}`;

  /** It has answered `m1` and will rest. What is to happen when it stores its state is said before: it may be soon. */
  async function restless(id: string): Promise<TestSession> {
    const session = await engine.open([agent('a')], id);
    await session.send('m1', 'one');
    await session.turnEnded('t1');
    return session;
  }

  /** Each time that the session has stored its state, `act` is called at once, once in each round. */
  function everyRest(id: string, rounds: number, act: (round: number) => Promise<void>): Promise<null> {
    const { promise, resolve, reject } = Promise.withResolvers<null>();
    let acts = Promise.resolve();
    const arm = (round: number): void =>
      void hook.once(id, async (store) => {
        await store();
        if (round < rounds) arm(round + 1);
        acts = acts.then(() => act(round));
        acts.then(() => round === rounds && resolve(null), reject);
      });
    arm(1);
    return promise;
  }

  test('keeps it open if its state is not stored yet', async () => {
    const sent = Promise.withResolvers<null>();
    const id = nextId();
    const stores = hook.once(id, async (store) => {
      await sent.promise;
      await store();
    });
    const session = await restless(id);
    await stores;
    await session.send('m2', 'meanwhile');
    sent.resolve(null);
    await session.turnEnded('t2');
    expect(await runs(engine, session)).toBe(1);
    await hibernated(session);
    expect(await goesOn(session, 'm3', 't3')).toContain('meanwhile');
  });

  test('is not lost when it comes with the end of the workflow, round after round', async () => {
    const id = nextId();
    // The signal and the end of the activity go to the server at the same time.
    const rests = everyRest(id, 10, async (round) => {
      await engine.session(id).send(`m${round + 1}`, `round ${round}`);
      await engine.session(id).turnEnded(`t${round + 1}`);
    });
    const session = await restless(id);
    await rests;
    const events = await session.events();
    expect(faults(events)).toEqual([]);
    expect(types(events).filter((type) => type === 'turn.completed')).toHaveLength(11);
  });

  test('is answered when it is an update, round after round', async () => {
    const id = nextId();
    const rests = everyRest(id, 8, async (round) => {
      const person = { kind: 'person', name: `p${round}` };
      const asked = engine.intake.control({ tenant: 'acme' }, id, 'members', { join: person });
      expect(await asked).toMatchObject({ status: 'changed' });
      const said = await goesOn(engine.session(id), `r${round}`, `t${round + 1}`);
      expect(said).toContain(`text of r${round}`);
    });
    const session = await restless(id);
    await rests;
    expect((await session.state()).members).toHaveLength(9);
  });

  test('finds it whole if a worker was lost after the write', async () => {
    const id = nextId();
    const stores = hook.once(id, async (store) => {
      await store();
      throw new Error('scripted: nobody hears of it');
    });
    const session = await restless(id);
    await stores;
    await hibernated(session);
    expect(await goesOn(session, 'm2', 't2')).toBe('one | one | text of m2');
  });
});

test('all of it replays as it was', async () => {
  expect(await engine.replay()).toBeGreaterThan(4);
});
