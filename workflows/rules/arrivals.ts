/** Messages that come in: each gets its turn, its question that it answers, its time, or its rejection. */
import {
  arrivalOf,
  isPolicy,
  LIMITS,
  publishedFact,
  type InterjectionPolicy,
  type Message,
  type SessionStatus,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';
import { interject, meaningOf, phaseOf } from './interject.ts';
import type { Later } from './later.ts';
import type { Line } from './line.ts';
import type { Receipts } from './receipts.ts';
import { mayComeAgain, type Refusals } from './refusals.ts';
import type { Releases } from './releases.ts';
import type { Turns } from './turns.ts';
import type { Waits } from './waits.ts';

/** What they share with the rest of the machine. */
export interface ArrivalsContext {
  readonly session: string;
  /** That of the session; absent: `queue`. */
  readonly policy: InterjectionPolicy | undefined;
  readonly facts: Facts;
  readonly receipts: Receipts;
  readonly releases: Releases;
  readonly refusals: Refusals;
  readonly turns: Turns;
  readonly waits: Waits;
  readonly line: Line;
  readonly later: Later;
}

interface Moment {
  readonly status: SessionStatus;
  readonly now: number;
  readonly isTight: boolean;
}

export class Arrivals {
  readonly #context: ArrivalsContext;

  constructor(context: ArrivalsContext) {
    this.#context = context;
  }

  /** `isTight`: the run's history has room for few more. */
  accept(message: Message, status: SessionStatus, now: number, isTight = false): void {
    const { session, receipts, releases, refusals, turns, waits, line, later } = this.#context;
    const { messageId, parts } = message;
    for (const turn of turns.all) turn.seen(message);
    if (message.channel !== undefined) {
      this.#publish(message, { status, now, isTight });
      return;
    }
    if (status === 'open' && later.take(message, now)) return;
    const before = receipts.get(messageId);
    if (before && !mayComeAgain(before)) {
      releases.addUnlessWaiting(before);
      return;
    }
    const arrival = arrivalOf(message, now);
    const chars = JSON.stringify(parts).length;
    const receipt = { session, messageId };
    const answers = waits.isAsked(message);
    const policy = answers ? 'queue' : this.#policyOf(message);
    const hasPlace = turns.beside.length + line.besides < LIMITS.turnsBeside;
    const does = interject(policy, phaseOf(status, turns.current, line.size > 0), hasPlace);
    const { code = this.#isFull(chars) ? 'inbox_full' : null } = meaningOf(does);
    if (code !== null) refusals.refuse(receipt, code, arrival);
    else if (answers) {
      waits.answer(message, receipt, arrival);
      releases.add(messageId);
    } else line.enter({ message, policy, does, receipt, arrival, now, chars });
  }

  /** Puts into the line what was to be delivered by now, as far as there is room. */
  deliver(status: SessionStatus, now: number): void {
    const { later } = this.#context;
    const hasRoom = ({ parts }: Message): boolean => !this.#isFull(JSON.stringify(parts).length);
    for (let due = later.due(now); due && hasRoom(due); due = later.due(now))
      this.accept(later.release(due), status, now);
  }

  /** A message that no agent answers has its place at once. */
  #publish(message: Message, { status, now, isTight }: Moment): void {
    const { session, facts, receipts, releases, refusals } = this.#context;
    const { messageId, from, to } = message;
    const before = receipts.get(messageId);
    if (before && !mayComeAgain(before)) {
      releases.addUnlessWaiting(before);
      return;
    }
    const direct = to && { direct: from === undefined ? {} : { from } };
    const receipt = { session, messageId, ...direct };
    const isFull = facts.pendingBytes > LIMITS.outboxBytes;
    const code = status !== 'open' ? 'session_closed' : isFull ? 'inbox_full' : null;
    if (code !== null && to) refusals.refuseQuietly(receipt, code);
    else if (code !== null) refusals.refuse(receipt, code, arrivalOf(message, now));
    else {
      receipts.set({ ...receipt, status: 'published' });
      facts.adopt([publishedFact(message, now)]);
      if (isTight) releases.holdBack(messageId);
      else releases.add(messageId);
    }
  }

  /** Anybody with access to Temporal can send a message. */
  #policyOf({ policy }: Message): InterjectionPolicy {
    return isPolicy(policy) ? policy : (this.#context.policy ?? 'queue');
  }

  #isFull(chars: number): boolean {
    return this.#context.line.isFull(chars) || this.#context.facts.pendingBytes > LIMITS.outboxBytes;
  }
}
