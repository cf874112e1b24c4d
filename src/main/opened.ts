/** What a worker or a gateway has opened, closed in reverse order when it stops or cannot start. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  /** Returns the resource. */
  add<T>(resource: T, close: (resource: T) => unknown): T {
    this.#closers.push(() => close(resource));
    return resource;
  }

  /** Closes all of it, whatever fails; throws the first failure at the end. Does nothing the second time. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
