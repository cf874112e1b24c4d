/** Slots of a model endpoint: tenants whose calls wait are served by turns, as their weights say. */
import { describe, expect, test } from '@jest/globals';
import { Slots, type Release } from '../../activities/agents/slots.ts';

const signal = new AbortController().signal;

/** Calls that wait for the one slot, which somebody else has; each is one served when its turn comes. */
class Calls {
  readonly slots = new Slots(1);
  readonly served: string[] = [];
  #release: Release | undefined = this.slots.takeFree();

  wait(tenant: string, count: number, weight?: number): void {
    for (let n = 0; n < count; n += 1) {
      const caller = { tenant, ...(weight === undefined ? {} : { weight }) };
      void this.slots.take(signal, caller).then((release) => {
        this.served.push(tenant);
        this.#release = release;
      });
    }
  }

  /** Ends the running call, so many times. */
  async serve(count: number): Promise<readonly string[]> {
    for (let n = 0; n < count; n += 1) {
      this.#release?.();
      // The one that is served next notes its release in a microtask.
      await new Promise(setImmediate);
    }
    return this.served.splice(0);
  }
}

describe('calls that wait', () => {
  test('of one tenant, 100 of them, let the first call of another one in next, or next but one', async () => {
    const calls = new Calls();
    calls.wait('flood', 100);
    calls.wait('small', 1);
    expect((await calls.serve(2)).toSorted()).toEqual(['flood', 'small']);
    await calls.serve(50);
    calls.wait('late', 1);
    expect(await calls.serve(2)).toContain('late');
  });

  test('of several tenants are served by turns, and all of them in the end', async () => {
    const calls = new Calls();
    calls.wait('a', 6);
    calls.wait('b', 6);
    calls.wait('c', 6);
    for (let round = 0; round < 6; round += 1)
      expect((await calls.serve(3)).toSorted()).toEqual(['a', 'b', 'c']);
    expect(calls.slots.waiting).toBe(0);
  });

  test('get as many slots as the weights of their tenants say', async () => {
    const calls = new Calls();
    calls.wait('one', 100);
    calls.wait('three', 100, 3);
    const served = await calls.serve(40);
    expect(served.filter((tenant) => tenant === 'three')).toHaveLength(30);
  });

  test('of a tenant that comes one call after the other do not keep the others waiting', async () => {
    const calls = new Calls();
    calls.wait('flood', 100);
    calls.wait('quick', 1);
    let quick = 0;
    for (let n = 0; n < 20; n += 1) {
      const [tenant] = await calls.serve(1);
      if (tenant !== 'quick') continue;
      quick += 1;
      calls.wait('quick', 1);
    }
    expect(quick).toBe(10);
  });
});

test('who leaves the queue takes no slot; a slot that nobody waits for is free again', async () => {
  const slots = new Slots(1);
  const held = slots.takeFree();
  const leaving = new AbortController();
  const left = slots.take(leaving.signal, { tenant: 'a' });
  const stays = slots.take(signal, { tenant: 'b' });
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  held?.();
  const release = await stays;
  expect(slots.takeFree()).toBeUndefined();
  release();
  release();
  expect(slots.takeFree()).toBeDefined();
  expect(slots.takeFree()).toBeUndefined();
});
