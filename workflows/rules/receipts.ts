import { LIMITS, type KeptReceipt } from '../../src/contracts/index.ts';

/**
 * The fates of the newest messages: what makes a second send of the same `messageId` harmless. Those of channel events are counted apart: however
 * many there are, messages are remembered as long.
 */
export class Receipts {
  readonly #messages = new Map<string, KeptReceipt>();
  readonly #published = new Map<string, KeptReceipt>();

  constructor(receipts: readonly KeptReceipt[]) {
    for (const receipt of receipts) this.#of(receipt).set(receipt.messageId, receipt);
  }

  get(messageId: string): KeptReceipt | null {
    return this.#messages.get(messageId) ?? this.#published.get(messageId) ?? null;
  }

  set(receipt: KeptReceipt): void {
    this.forget(receipt.messageId); // to become the newest
    const kind = this.#of(receipt);
    const most = kind === this.#published ? LIMITS.publishedKept : LIMITS.receiptsKept;
    kind.set(receipt.messageId, receipt);
    for (const [oldest, { status, turnStatus }] of kind) {
      if (kind.size <= most) break;
      // A message that waits or is at work is no memory yet; the inbox bounds them.
      const waits = status === 'accepted' || status === 'queued' || status === 'scheduled';
      if (!waits && turnStatus !== 'running') kind.delete(oldest);
    }
  }

  /** As if the message had never come. */
  forget(messageId: string): void {
    this.#messages.delete(messageId);
    this.#published.delete(messageId);
  }

  /** Of a message. */
  change(messageId: string, change: Partial<KeptReceipt>): void {
    const receipt = this.#messages.get(messageId);
    if (receipt) this.#messages.set(messageId, { ...receipt, ...change });
  }

  list(): readonly KeptReceipt[] {
    return [...this.#messages.values(), ...this.#published.values()];
  }

  #of({ status }: KeptReceipt): Map<string, KeptReceipt> {
    return status === 'published' ? this.#published : this.#messages;
  }
}
