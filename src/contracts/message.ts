import type { Feedback } from './feedback.ts';
import { fileText } from './file.ts';
import type { FilePart, FileReference } from './file.ts';
import type { JsonObject } from './json.ts';
import type { Wait } from './timeline/waits.ts';

/** A piece of a message. */
export type MessagePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'data'; readonly data: JsonObject }
  | FilePart;

/** The same, as its sender writes it. */
export type SentPart = Exclude<MessagePart, FilePart> | FileReference;

/** What happens to a message that arrives while the session is busy; `workflows/rules/interject.ts` says it for each phase. */
export const POLICIES = [
  'queue',
  'steer',
  'interrupt',
  'rollback',
  'merge',
  'latest',
  'parallel',
  'reject',
] as const;

export type InterjectionPolicy = (typeof POLICIES)[number];

export function isPolicy(value: unknown): value is InterjectionPolicy {
  return POLICIES.some((policy) => policy === value);
}

/** What a person or a system sends to a session. The client chooses `messageId`, which makes every retry harmless. */
export interface Message {
  readonly messageId: string;
  readonly parts: readonly MessagePart[];
  /** The sender's name, as shown to others; absent: "the user". */
  readonly from?: string;
  /** Absent: the session's. */
  readonly policy?: InterjectionPolicy;
  /** The question that it answers; absent: the one that its sender (`from`) was asked, if there is one. */
  readonly answers?: string;
  /** When it is to be delivered, ms since the Unix epoch; absent, or past: now. */
  readonly deliverAt?: number;
  /** It is an event of the application on this channel: no agent answers it, or is shown it. Absent: it starts a turn. */
  readonly channel?: string;
  /** The only ones who are told what it says, beside its sender; has a `channel`. Absent: everybody who follows the session. */
  readonly to?: readonly string[];
  /** It is feedback, and has a `channel` and no `parts`: no agent is shown it. */
  readonly feedback?: Feedback;
  /** When the gateway accepted it, ms since the Unix epoch: the stamp `ingest`. */
  readonly receivedAt: number;
  /** When it was let in, and handed to Temporal: the stamp `admit`. */
  readonly admittedAt?: number;
  /** That gateway, `pid@host`, and what it had refused the message for before. */
  readonly by?: string;
  readonly waits?: readonly Wait[];
  /** The trace that its way is recorded in; absent: it is not. */
  readonly trace?: string;
  /**
   * The newest turn that the gateway had seen the end of when the message came. The workflow may hear of that end later than the client:
   * then the message does not wait for a turn that is over.
   */
  readonly ended?: string;
  /** Other turns that it had seen the ends of, where turns run side by side; absent: none. */
  readonly alsoEnded?: readonly string[];
}

/** The channel of a direct message that names none. */
export const DIRECT_CHANNEL = 'direct';

/** The text of a message: its text parts, joined by line breaks. */
export function messageText(parts: readonly MessagePart[]): string {
  return parts
    .filter((part) => part.type === 'text')
    .map((part) => part.text)
    .join('\n');
}

/** The same with a line for each of its files: for those who read nothing else of it. */
export function readableText(parts: readonly MessagePart[]): string {
  const files = parts.flatMap((part) => (part.type === 'file' ? [fileText(part)] : []));
  return [messageText(parts), ...files].filter((line) => line !== '').join('\n');
}

/**
 * The status of a message. `accepted`: persisted by Temporal. `scheduled`: the same, and it is delivered later. `queued`: has its place and waits for a running turn. `consumed`: part of a
 * turn. `published`: has its place as an event of its channel, and starts no turn. `superseded`: replaced by a later message. `rejected`: will
 * have no effect; `code` says why.
 */
export type ReceiptStatus =
  'accepted' | 'scheduled' | 'queued' | 'consumed' | 'published' | 'superseded' | 'rejected';

/** The answer to a send, and to a question about a message. */
export interface Receipt {
  readonly session: string;
  readonly messageId: string;
  readonly status: ReceiptStatus;
  /** When it is delivered, as long as that has not happened, ms since the Unix epoch. */
  readonly deliverAt?: number;
  /** The turn that the message starts or is part of, once it has its place. */
  readonly turn?: string;
  /** The status of that turn, once it has started. */
  readonly turnStatus?: 'running' | 'completed' | 'failed' | 'cancelled';
  /** Why it was rejected: a code of the error table. */
  readonly code?: string;
}

/** The same as a session keeps it. */
export interface KeptReceipt extends Receipt {
  /** Of a direct message: who sent it, if that was said. Nobody is told this; it tells who may know of a message of which the log does not tell yet. */
  readonly direct?: { readonly from?: string };
}

/** A message that waits for its time. */
export interface ScheduledMessage extends Pick<Message, 'messageId' | 'parts' | 'from'> {
  /** ms since the Unix epoch. */
  readonly deliverAt: number;
}
