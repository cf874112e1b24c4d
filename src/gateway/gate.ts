/**
 * Holds frames back until the answer to the subscription has been sent. Delivery may push the moment a subscription resolves, before the
 * caller's next line runs; a client must get the snapshot first.
 */
export class Gate {
  #held: (() => void)[] | null = [];

  /** Waiting frames. */
  get held(): number {
    return this.#held?.length ?? 0;
  }

  /** Sends now, or when the gate opens. */
  pass(send: () => void): void {
    if (this.#held) this.#held.push(send);
    else send();
  }

  open(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const send of held) send();
  }
}
