import { eventId, LIMITS, type Arrival, type KeptReceipt, type Receipt } from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { Receipts } from './receipts.ts';
import type { Releases } from './releases.ts';

/** Messages that get no place. Those that may come again under their id leave nothing but their receipt. */
export class Refusals {
  readonly #facts: Facts;
  readonly #receipts: Receipts;
  readonly #releases: Releases;

  constructor(facts: Facts, receipts: Receipts, releases: Releases) {
    this.#facts = facts;
    this.#receipts = receipts;
    this.#releases = releases;
  }

  /** Told once for a message: a repeat that is refused again changes nothing. */
  refuse(receipt: Pick<Receipt, 'session' | 'messageId'>, code: string, arrival: Arrival): void {
    const { messageId } = receipt;
    const before = this.#receipts.get(messageId);
    this.refuseQuietly(receipt, code);
    const waiting = this.#facts.pending().filter((draft) => draft.type === 'message.rejected').length;
    if (before || waiting >= LIMITS.outboxRejections) return;
    const id = eventId.messageRejected(messageId);
    const place = { cause: messageId, ...arrival };
    const { orchestrate = 0 } = arrival.stamps ?? {};
    this.#facts.decide('message.rejected', id, orchestrate, { messageId, code }, place);
  }

  /** Of a direct message nobody is told but who asks for its receipt. */
  refuseQuietly(receipt: Pick<KeptReceipt, 'session' | 'messageId' | 'direct'>, code: string): void {
    this.#receipts.set({ ...receipt, status: 'rejected', code });
    this.#releases.add(receipt.messageId);
  }
}

/** False for one that has its place, or was refused for good. */
export function mayComeAgain({ code }: Pick<Receipt, 'code'>): boolean {
  return code === 'inbox_full' || code === 'turn_running';
}
