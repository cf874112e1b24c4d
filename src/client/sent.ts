/** Receipts of the messages that a client has sent, as they make progress. */
import { CLIENT_LIMITS, receiptOf } from '../contracts/public.ts';
import type { Receipt, SendRequest, SessionEvent, SessionView } from '../contracts/public.ts';
import { codeOf, isFinal } from './outgoing.ts';

export class Sent {
  readonly #tell: (receipt: Receipt) => void;
  /** Those that can still make progress, oldest first. */
  readonly #receipts = new Map<string, Receipt>();

  constructor(tell: (receipt: Receipt) => void) {
    this.#tell = tell;
  }

  /** The server has answered. */
  settled(session: string, { messageId }: SendRequest, outcome: Receipt | Error): void {
    const rejected = { session, messageId, status: 'rejected' } as const;
    const receipt = outcome instanceof Error ? { ...rejected, code: codeOf(outcome) } : outcome;
    if (!isFinal(receipt)) this.#receipts.set(messageId, receipt);
    for (const oldest of this.#receipts.keys()) {
      if (this.#receipts.size <= CLIENT_LIMITS.inboxMessages) break;
      this.#receipts.delete(oldest);
    }
    this.#tell(receipt);
  }

  /** An event has arrived, and the view has it. */
  hear({ type, data }: SessionEvent, view: SessionView | null): void {
    if (type === 'channel.published') {
      const before = 'withheld' in data ? undefined : this.#receipts.get(data.messageId);
      if (before && this.#receipts.delete(before.messageId)) this.#tell({ ...before, status: 'published' });
    } else if (type.startsWith('message.') || type.startsWith('turn.')) this.advance(view);
  }

  /** Tells what the view newly knows. */
  advance(view: SessionView | null): void {
    if (!view) return;
    for (const [messageId, before] of this.#receipts) {
      const receipt = receiptOf(view, messageId);
      if (!receipt || (receipt.status === before.status && receipt.turnStatus === before.turnStatus))
        continue;
      if (isFinal(receipt)) this.#receipts.delete(messageId);
      else this.#receipts.set(messageId, receipt);
      this.#tell(receipt);
    }
  }
}
