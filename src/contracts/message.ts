import type { JsonObject } from './json.ts';

/** A piece of a message. */
export type MessagePart =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'data'; readonly data: JsonObject };

/**
 * What happens to a message that arrives while a turn runs. `queue`: it waits and opens a turn of its own.
 * (DESIGN names more; a policy that is not listed here is refused at the edge.)
 */
export type InterjectionPolicy = 'queue';

/** What a person or a system sends into a session. `messageId` is made by the client and makes every retry harmless. */
export interface Message {
  readonly messageId: string;
  readonly parts: readonly MessagePart[];
  /** Who speaks, as shown to others; absent for "the user". */
  readonly from?: string;
  readonly policy?: InterjectionPolicy;
  /** When the gateway admitted it, ms since the Unix epoch: the stamp `ingest`. */
  readonly receivedAt: number;
  /**
   * The newest turn that the gateway had seen the end of when the message came. The workflow may hear of that end later than the client:
   * then the message does not wait for a turn that is over.
   */
  readonly ended?: string;
}

/** The text of a message: its text parts, joined by line breaks. */
export function messageText(parts: readonly MessagePart[]): string {
  return parts
    .filter((part) => part.type === 'text')
    .map((part) => part.text)
    .join('\n');
}

/**
 * Where a message stands. `accepted`: persisted by Temporal. `queued`: ordered, waits for a running turn. `consumed`: part of a turn.
 * `superseded`: replaced by a later message. `rejected`: will have no effect; `code` says why.
 */
export type ReceiptStatus = 'accepted' | 'queued' | 'consumed' | 'superseded' | 'rejected';

/** The answer to a send, and to the question where a message stands. */
export interface Receipt {
  readonly session: string;
  readonly messageId: string;
  readonly status: ReceiptStatus;
  /** The turn that the message opens or is part of, once ordered. */
  readonly turn?: string;
  /** How that turn stands, once it started. */
  readonly turnStatus?: 'running' | 'completed' | 'failed' | 'cancelled';
  /** Why it was rejected: a code of the error table. */
  readonly code?: string;
}
