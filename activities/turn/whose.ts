/** Whose code runs at this moment: what the watcher of the event loop asks when that stands still. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { SessionRef } from '../../src/contracts/index.ts';

/** A turn's team, or one of its steps. */
export interface Running extends SessionRef {
  readonly turn: string;
  readonly step?: string;
  readonly agent?: string;
}

const storage = new AsyncLocalStorage<Running>();

/** Whatever runs because of `call` runs for `running`. */
export function runFor<T>(running: Running, call: () => T): T {
  return storage.run(running, call);
}

export function whoseCode(): Running | undefined {
  return storage.getStore();
}
