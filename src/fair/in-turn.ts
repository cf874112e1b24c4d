/** Puts a queue by tenant in front of a port. */
import type { SessionRef } from '../contracts/index.ts';
import type { FairQueue } from './fair-queue.ts';
import type { Misses } from './misses.ts';

/** The first argument of a method: a tenant, or what belongs to one. */
type First = string | Pick<SessionRef, 'tenant'>;

export interface Turns<T> {
  /** Methods that wait for their turn; of each the first argument names the tenant. */
  readonly names: readonly (keyof T & string)[];
  readonly queue: FairQueue;
  /** Slows down who asks them for what is not there; absent: nobody. */
  readonly misses?: Misses;
}

/** A port of which some methods wait for their turn. */
export function inTurn<T extends object>(port: T, { names, queue, misses }: Turns<T>): T {
  const methods = new Map<PropertyKey, unknown>();
  const make = (name: keyof T & string, found: (...given: unknown[]) => Promise<unknown>): unknown =>
    names.includes(name)
      ? (first: First, ...rest: unknown[]) => {
          const tenant = typeof first === 'string' ? first : first.tenant;
          const work = (): Promise<unknown> => found.call(port, first, ...rest);
          return queue.run(tenant, misses ? () => misses.slow(tenant, work) : work);
        }
      : found.bind(port);
  return new Proxy(port, {
    get(target, name) {
      if (methods.has(name)) return methods.get(name);
      const found: unknown = target[name as keyof T]; // safety: what is not there is undefined
      if (typeof found !== 'function') return found;
      const method = make(name as keyof T & string, found as never); // safety: ports have asynchronous methods
      methods.set(name, method);
      return method;
    },
  });
}
