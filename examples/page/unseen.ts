/**
 * Messages sent from this tab that the view does not show: those in the outbox, those accepted a moment ago (the first event of a turn
 * comes with its first step), and those that were refused. Accepted ones outlive a reload in the tab's storage: where no worker runs, that
 * first event may be far away.
 */
import type { PendingMessage } from '../../src/client/index.ts';
import type { Receipt, SentPart, SessionView } from '../../src/contracts/public.ts';

export interface UnseenMessage {
  readonly kind: 'unseen';
  readonly messageId: string;
  readonly text: string;
  readonly status: 'waiting' | 'sending' | 'accepted' | 'queued' | 'rejected';
  readonly code?: string;
  /** When it is sent again, ms since the Unix epoch. */
  readonly retryAt?: number;
}

function ofPending({ request, state, code, retryAt }: PendingMessage): UnseenMessage {
  return {
    kind: 'unseen',
    messageId: request.messageId,
    text: request.text ?? textIn(request.parts ?? []),
    status: state === 'sending' ? 'sending' : 'waiting',
    ...(code === undefined || code === 'offline' ? {} : { code }),
    ...(retryAt === undefined ? {} : { retryAt }),
  };
}

/** Of a file its sender knows no more than its id here. */
function textIn(parts: readonly SentPart[]): string {
  return parts
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('\n')
    .trim();
}

export class Unseen {
  readonly #messages = new Map<string, UnseenMessage>();
  readonly #storage: Storage | undefined;
  readonly #key: string;
  /** Accepted before the page was loaded. */
  readonly #restored: readonly string[];

  constructor(session: string, storage: Storage | undefined) {
    this.#storage = storage;
    this.#key = `convoke-page:${session}:accepted`;
    const kept = restore(storage, this.#key);
    for (const message of kept) this.#messages.set(message.messageId, message);
    this.#restored = kept.map(({ messageId }) => messageId);
  }

  /** The outbox has changed. */
  pending(pending: readonly PendingMessage[]): void {
    for (const message of pending) this.#messages.set(message.request.messageId, ofPending(message));
  }

  receipt({ messageId, status, code }: Receipt): void {
    const message = this.#messages.get(messageId);
    if (!message || status === 'superseded' || status === 'published') return;
    const word = status === 'consumed' || status === 'scheduled' ? 'accepted' : status;
    this.#messages.set(messageId, {
      kind: 'unseen',
      messageId,
      text: message.text,
      status: word,
      ...(code === undefined ? {} : { code }),
    });
    this.#store();
  }

  dismiss(messageId: string): void {
    this.#messages.delete(messageId);
  }

  /** What is left once the view is known; the view speaks for all that it holds. */
  list(view: SessionView | null): readonly UnseenMessage[] {
    const { size } = this.#messages;
    for (const entry of view?.entries ?? []) {
      if (entry.kind === 'message') this.#messages.delete(entry.messageId);
    }
    // It may have been seen and dropped while this page was away.
    if (view?.truncated) for (const messageId of this.#restored) this.#messages.delete(messageId);
    if (this.#messages.size < size) this.#store();
    return [...this.#messages.values()];
  }

  #store(): void {
    const accepted = [...this.#messages.values()].filter(isAccepted);
    try {
      if (accepted.length === 0) this.#storage?.removeItem(this.#key);
      else this.#storage?.setItem(this.#key, JSON.stringify(accepted));
    } catch {
      // Full: a reload shows the message once it is at work.
    }
  }
}

function isAccepted({ status }: UnseenMessage): boolean {
  return status === 'accepted' || status === 'queued';
}

/** What this page has stored. */
function restore(storage: Storage | undefined, key: string): readonly UnseenMessage[] {
  try {
    return JSON.parse(storage?.getItem(key) ?? '[]') as UnseenMessage[];
  } catch {
    return [];
  }
}
