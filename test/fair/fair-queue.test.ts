/** A queue by tenant: who waits for whom. */
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue, inTurn } from '../../src/fair/index.ts';

/** Works that end when they are told. */
class Works {
  readonly began: string[] = [];
  readonly #ends = new Map<string, () => void>();

  of(name: string): () => Promise<string> {
    return () => {
      this.began.push(name);
      return new Promise((resolve) => this.#ends.set(name, () => resolve(name)));
    };
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise(setImmediate);
  }
}

const code = (error: unknown): string => (error as { readonly code: string }).code;

describe('a fair queue', () => {
  test('gives a tenant alone all slots but the reserved ones, and another one a place at once', async () => {
    const queue = new FairQueue({ slots: 4, reserved: 1, waiting: 100 });
    const works = new Works();
    const all = Array.from({ length: 10 }, (_, n) => queue.run('a', works.of(`a${n}`)));
    expect(works.began).toEqual(['a0', 'a1', 'a2']);
    all.push(queue.run('b', works.of('b0')), queue.run('b', works.of('b1')), queue.run('c', works.of('c0')));
    expect(works.began.slice(3)).toEqual(['b0']);
    // One reserved slot comes free: those of which nothing runs are first.
    await works.end('b0');
    expect(works.began.slice(4)).toEqual(['b1']);
    await works.end('a0');
    expect(works.began.slice(5)).toEqual(['c0']);
    await works.end('a1');
    await works.end('b1');
    expect(works.began.slice(6)).toEqual(['a3']);
    for (const name of ['a2', 'c0', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9']) await works.end(name);
    expect(await Promise.all(all)).toHaveLength(13);
  });

  test('bounds what waits for each tenant, and for how long', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const queue = new FairQueue({ slots: 1, reserved: 0, waiting: 2, waitMs: 1_000 });
      const works = new Works();
      const first = queue.run('a', works.of('a0'));
      const waiting = [queue.run('a', works.of('a1')), queue.run('a', works.of('a2'))].map((each) =>
        each.catch(code),
      );
      expect(await queue.run('a', works.of('a3')).catch(code)).toBe('too_many_requests_in_flight');
      const other = queue.run('b', works.of('b0')).catch(code);
      jest.advanceTimersByTime(1_000);
      expect(await Promise.all([...waiting, other])).toEqual(['overloaded', 'overloaded', 'overloaded']);
      const later = queue.run('b', works.of('b1'));
      await works.end('a0');
      await works.end('b1');
      expect([await first, await later, works.began]).toEqual(['a0', 'b1', ['a0', 'b1']]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('refuses what waits when it is told to, and goes on after failures', async () => {
    const queue = new FairQueue({ slots: 1, reserved: 0, waiting: 9 });
    const works = new Works();
    const first = queue.run('a', async () => Promise.reject(new Error('failed')));
    const second = queue.run('b', works.of('b0'));
    const third = queue.run('a', works.of('a1')).catch(String);
    await expect(first).rejects.toThrow('failed');
    queue.refuse('refused');
    expect(await third).toBe('refused');
    await works.end('b0');
    expect(await second).toBe('b0');
  });

  test('loses nothing, runs no more than it may, and keeps the order of each tenant', async () => {
    const limits = fc.record({
      slots: fc.integer({ min: 2, max: 5 }),
      reserved: fc.integer({ min: 0, max: 1 }),
    });
    const given = fc.array(
      fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), ticks: fc.integer({ min: 0, max: 3 }) }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(limits, given, async ({ slots, reserved }, asked) => {
        const queue = new FairQueue({ slots, reserved, waiting: 100 });
        const began: { readonly tenant: string; readonly n: number }[] = [];
        let running = 0;
        await Promise.all(
          asked.map(({ tenant, ticks }, n) =>
            queue.run(tenant, async () => {
              began.push({ tenant, n });
              running += 1;
              expect(running).toBeLessThanOrEqual(slots);
              for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
              running -= 1;
            }),
          ),
        );
        expect(began).toHaveLength(asked.length);
        for (const tenant of ['a', 'b', 'c']) {
          const order = began.filter((each) => each.tenant === tenant).map(({ n }) => n);
          expect(order).toEqual(order.toSorted((one, other) => one - other));
        }
      }),
    );
  });
});

test('the methods of a port wait for their turn by the tenant in their first argument, others do not', async () => {
  class Port {
    readonly #secret = 'kept';
    async ask(ref: { readonly tenant: string }, question: string) {
      return `${ref.tenant}: ${question}, ${this.#secret}`;
    }
    other() {
      return this.#secret;
    }
  }
  const tenants: string[] = [];
  const queue = new FairQueue({ slots: 1, reserved: 0, waiting: 1 });
  const run = jest.spyOn(queue, 'run').mockImplementation((tenant, work) => {
    tenants.push(tenant);
    return work();
  });
  const port = inTurn(new Port(), { names: ['ask'], queue });
  expect([await port.ask({ tenant: 'a' }, 'why'), port.other()]).toEqual(['a: why, kept', 'kept']);
  expect(tenants).toEqual(['a']);
  run.mockRestore();
});
