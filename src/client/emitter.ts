/** Stops a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/** Named listeners, typed: `E` maps a name to what its listeners are given. */
export class Emitter<E extends object> {
  readonly #listeners = new Map<keyof E, Set<(value: never) => void>>();

  /** Calls `listener` at each `emit` of that name until the returned function is called. */
  on<K extends keyof E>(name: K, listener: (value: E[K]) => void): Unsubscribe {
    // Wrapped, so that one function can listen twice and stop twice.
    const own = (value: E[K]): void => {
      listener(value);
    };
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(own));
    return () => {
      set.delete(own);
    };
  }

  /** Calls the listeners in the order in which they came. One that throws does not keep the others, or the caller, from their work. */
  emit<K extends keyof E>(name: K, value: E[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: E[K]) => void)(value);
      } catch (error) {
        // It is a mistake in the page's own code: the page's error handler hears of it, the fold of the session goes on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
