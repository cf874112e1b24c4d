/** Messages that are to be delivered later: accepted, and not yet in the line of those that wait for a turn. */
import {
  arrivalOf,
  jsonBytes,
  LIMITS,
  scheduledFact,
  unscheduledFact,
  type Message,
  type Receipt,
  type ScheduledMessage,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { Receipts } from './receipts.ts';
import { mayComeAgain, type Refusals } from './refusals.ts';
import type { Releases } from './releases.ts';

interface LaterContext {
  readonly facts: Facts;
  readonly receipts: Receipts;
  readonly releases: Releases;
  readonly refusals: Refusals;
}

export class Later {
  readonly #session: string;
  readonly #context: LaterContext;
  /** The next one first. */
  #messages: readonly Message[];

  constructor(session: string, context: LaterContext, messages: readonly Message[] = []) {
    this.#session = session;
    this.#context = context;
    this.#messages = messages;
  }

  /** When the next one is to be delivered, ms since the Unix epoch; null: there is none. */
  get at(): number | null {
    return this.#messages[0] ? timeOf(this.#messages[0]) : null;
  }

  list(): readonly ScheduledMessage[] {
    return this.#messages.map(({ messageId, parts, from, deliverAt = 0 }) => ({
      ...{ messageId, parts, deliverAt },
      ...(from === undefined ? {} : { from }),
    }));
  }

  /** Takes a message that nobody has seen and whose time has not come; false: it is none. */
  take(message: Message, now: number): boolean {
    const { facts, receipts, releases, refusals } = this.#context;
    const { messageId, deliverAt = 0 } = message;
    const before = receipts.get(messageId);
    if (deliverAt <= now || (before && !mayComeAgain(before))) return false;
    const receipt = { session: this.#session, messageId };
    if (this.#isFull(message)) {
      refusals.refuse(receipt, 'inbox_full', arrivalOf(message, now));
      return true;
    }
    releases.add(messageId);
    receipts.set({ ...receipt, status: 'scheduled', deliverAt });
    facts.adopt([scheduledFact(message, now)]);
    this.#messages = [...this.#messages, message].sort((one, other) => timeOf(one) - timeOf(other));
    return true;
  }

  /** The first whose time has come. */
  due(now: number): Message | null {
    const [first] = this.#messages;
    return first && timeOf(first) <= now ? first : null;
  }

  /** Lets go of it: it has no receipt any more, and is to be put into the line. */
  release({ deliverAt: _deliverAt, ...message }: Message): Message {
    this.#messages = this.#messages.filter(({ messageId }) => messageId !== message.messageId);
    this.#context.receipts.forget(message.messageId);
    return message;
  }

  /** It will not be delivered, unless it has been. Null: there is no such message. */
  cancel(messageId: string, now: number): Receipt | null {
    const found = this.#messages.some((message) => message.messageId === messageId);
    if (found) this.#drop(messageId, 'message_cancelled', now);
    return this.#context.receipts.get(messageId);
  }

  /** The session accepts nothing more. */
  close(now: number): void {
    for (const { messageId } of this.#messages) this.#drop(messageId, 'session_closed', now);
  }

  carry(): { readonly later?: readonly Message[] } {
    return this.#messages.length === 0 ? {} : { later: this.#messages };
  }

  #drop(messageId: string, code: string, now: number): void {
    this.#messages = this.#messages.filter((message) => message.messageId !== messageId);
    const rejected: Partial<Receipt> = { status: 'rejected', code };
    this.#context.receipts.change(messageId, rejected);
    this.#context.facts.adopt([unscheduledFact(messageId, code, now)]);
  }

  #isFull(message: Message): boolean {
    const bytes = this.#messages.reduce((sum, each) => sum + jsonBytes(each), jsonBytes(message));
    const tooMany = this.#messages.length >= LIMITS.laterMessages || bytes > LIMITS.laterBytes;
    return tooMany || this.#context.facts.pendingBytes > LIMITS.outboxBytes;
  }
}

function timeOf({ deliverAt = 0 }: Message): number {
  return deliverAt;
}
