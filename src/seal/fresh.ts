/** What was read from the database, kept in memory for a while and read again in time. */
import { LIMITS } from '../contracts/index.ts';

interface Kept<T> {
  readonly value: T;
  /** Of `performance.now()`. */
  readonly readAt: number;
}

/**
 * Bounded; what was not used for the longest time goes first. A value is read again beside its use once it is `sealKeyFreshMs` old, and before its
 * use once it is `sealKeyMostMs` old. While the database is away the old one goes on counting.
 */
export class Fresh<T> {
  readonly #read: (name: string) => Promise<T | null>;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #reading = new Map<string, Promise<T | null>>();

  constructor(read: (name: string) => Promise<T | null>) {
    this.#read = read;
  }

  /** Null: there is none. Rejects as `read` does. */
  async get(name: string): Promise<T | null> {
    const kept = this.#kept.get(name);
    if (!kept) return this.#look(name);
    const age = performance.now() - kept.readAt;
    if (age < LIMITS.sealKeyFreshMs) return this.#used(name, kept);
    const look = this.#look(name);
    if (age >= LIMITS.sealKeyMostMs) return look.catch(() => kept.value);
    look.catch(() => undefined);
    return kept.value;
  }

  forget(name: string): void {
    this.#kept.delete(name);
    this.#reading.delete(name);
  }

  #used(name: string, kept: Kept<T>): T {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    return kept.value;
  }

  #look(name: string): Promise<T | null> {
    const running = this.#reading.get(name);
    if (running) return running;
    const look = this.#read(name)
      .then((value) => {
        // Forgotten meanwhile: what was read may be older.
        if (this.#reading.get(name) === look) this.#keep(name, value);
        return value;
      })
      .finally(() => {
        if (this.#reading.get(name) === look) this.#reading.delete(name);
      });
    this.#reading.set(name, look);
    return look;
  }

  #keep(name: string, value: T | null): void {
    this.#kept.delete(name);
    if (value === null) return;
    this.#kept.set(name, { value, readAt: performance.now() });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LIMITS.sealKeysKnown && oldest !== undefined) this.#kept.delete(oldest);
  }
}
