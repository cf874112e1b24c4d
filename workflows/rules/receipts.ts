import { LIMITS, type Receipt } from '../../src/contracts/index.ts';

/** The fates of the newest messages: what makes a second send of the same `messageId` harmless. */
export class Receipts {
  readonly #receipts = new Map<string, Receipt>();

  constructor(receipts: readonly Receipt[]) {
    for (const receipt of receipts) this.#receipts.set(receipt.messageId, receipt);
  }

  get(messageId: string): Receipt | null {
    return this.#receipts.get(messageId) ?? null;
  }

  set(receipt: Receipt): void {
    this.#receipts.delete(receipt.messageId); // to become the newest
    this.#receipts.set(receipt.messageId, receipt);
    for (const [oldest, { status, turnStatus }] of this.#receipts) {
      if (this.#receipts.size <= LIMITS.receiptsKept) break;
      // A message that waits or is at work is no memory yet; the inbox bounds them.
      const waits = status === 'accepted' || status === 'queued' || status === 'scheduled';
      if (!waits && turnStatus !== 'running') this.#receipts.delete(oldest);
    }
  }

  /** As if the message had never come. */
  forget(messageId: string): void {
    this.#receipts.delete(messageId);
  }

  change(messageId: string, change: Partial<Receipt>): void {
    const receipt = this.#receipts.get(messageId);
    if (receipt) this.#receipts.set(messageId, { ...receipt, ...change });
  }

  list(): readonly Receipt[] {
    return [...this.#receipts.values()];
  }
}
