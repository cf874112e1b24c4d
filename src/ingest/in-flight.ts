/** Calls that are made once while they are under way, however many ask for the same. */
export class InFlight<T> {
  readonly #calls = new Map<string, Promise<T>>();

  /** The result of the call that is under way for this key, or of a new one. */
  share(key: string, call: () => Promise<T>): Promise<T> {
    const running = this.#calls.get(key);
    if (running) return running;
    const started = call().finally(() => this.#calls.delete(key));
    this.#calls.set(key, started);
    return started;
  }
}
