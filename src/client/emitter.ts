/** Stops a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/** Typed listeners by name: `E` maps a name to the value that its listeners get. */
export class Emitter<E extends object> {
  readonly #listeners = new Map<keyof E, Set<(value: never) => void>>();

  /** Calls `listener` on every `emit` of that name until the returned function is called. */
  on<K extends keyof E>(name: K, listener: (value: E[K]) => void): Unsubscribe {
    // Wrapped, so that the same function can be registered twice and removed twice.
    const own = (value: E[K]): void => {
      listener(value);
    };
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(own));
    return () => {
      set.delete(own);
    };
  }

  /** Calls the listeners in the order of registration. One that throws does not affect the others or the caller. */
  emit<K extends keyof E>(name: K, value: E[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: E[K]) => void)(value);
      } catch (error) {
        // A bug in the page's own code: report it to the page's error handler; the session goes on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
