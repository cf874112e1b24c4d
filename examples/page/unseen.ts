/**
 * Messages sent from this tab that the view does not show: those in the outbox, those accepted a moment ago (the first event of a turn
 * comes with its first step), and those that were refused.
 */
import type { PendingMessage } from '../../src/client/index.ts';
import type { Receipt, SessionView } from '../../src/contracts/index.ts';

export interface UnseenMessage {
  readonly kind: 'unseen';
  readonly messageId: string;
  readonly text: string;
  readonly status: 'waiting' | 'sending' | 'accepted' | 'queued' | 'rejected';
  readonly code?: string;
}

function ofPending({ request, state, error }: PendingMessage): UnseenMessage {
  const code = error && 'code' in error && error.code !== 'offline' ? String(error.code) : undefined;
  return {
    kind: 'unseen',
    messageId: request.messageId,
    text: request.text ?? '',
    status: state === 'sending' ? 'sending' : 'waiting',
    ...(code === undefined ? {} : { code }),
  };
}

export class Unseen {
  readonly #messages = new Map<string, UnseenMessage>();

  /** The outbox has changed. */
  pending(pending: readonly PendingMessage[]): void {
    for (const message of pending) this.#messages.set(message.request.messageId, ofPending(message));
  }

  receipt({ messageId, status, code }: Receipt): void {
    const message = this.#messages.get(messageId);
    if (!message || status === 'superseded') return;
    const word = status === 'consumed' ? 'accepted' : status;
    this.#messages.set(messageId, {
      kind: 'unseen',
      messageId,
      text: message.text,
      status: word,
      ...(code === undefined ? {} : { code }),
    });
  }

  dismiss(messageId: string): void {
    this.#messages.delete(messageId);
  }

  /** What is left once the view is known; the view speaks for all that it holds. */
  list(view: SessionView | null): readonly UnseenMessage[] {
    for (const entry of view?.entries ?? []) {
      if (entry.kind === 'message') this.#messages.delete(entry.messageId);
    }
    return [...this.#messages.values()];
  }
}
