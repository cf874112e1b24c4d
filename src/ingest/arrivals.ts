/** What a gateway remembers of the newest messages that came in here: what refused them, and when Temporal had them. */
import { isConvokeError, LIMITS, sessionKey } from '../contracts/index.ts';
import type { ErrorCode, Message, SessionRef, Wait, WaitReason } from '../contracts/index.ts';

interface Arrival {
  readonly refused?: Wait;
  /** ms since the Unix epoch. */
  readonly acceptedAt?: number;
}

/** Refusals after which the same message may be let in. */
const REASONS: Readonly<Partial<Record<ErrorCode, WaitReason>>> = {
  rate_limited: 'quota',
  inbox_full: 'queue',
  overloaded: 'overload',
  temporal_unavailable: 'engine',
  log_unavailable: 'engine',
  archive_unavailable: 'engine',
};

export class Arrivals {
  readonly #process: string | undefined;
  /** The newest last. */
  readonly #known = new Map<string, Arrival>();

  /** `process`: names this gateway; absent: messages do not say where they came in. */
  constructor(process?: string) {
    this.#process = process;
  }

  /** Notes why a message was not let in, or not persisted. */
  refused(ref: SessionRef, messageId: string, error: unknown): void {
    if (!isConvokeError(error)) return;
    const reason = REASONS[error.code];
    if (!reason) return;
    const key = keyOf(ref, messageId);
    const { refused: before } = this.#known.get(key) ?? {};
    const until = Date.now();
    const limit = error.limits?.[0]?.limit;
    const times = (before?.times ?? (before ? 1 : 0)) + 1;
    const refused = { reason, from: before?.from ?? until, until, code: error.code };
    this.#set(key, {
      refused: { ...refused, ...(limit !== undefined && { limit }), ...(times > 1 && { times }) },
    });
  }

  /** The message as it is handed to Temporal now. */
  admitted(ref: SessionRef, message: Message): Message {
    const { refused } = this.#known.get(keyOf(ref, message.messageId)) ?? {};
    return {
      ...message,
      admittedAt: Date.now(),
      ...(this.#process !== undefined && { by: this.#process }),
      ...(refused && { waits: [{ ...refused, until: message.receivedAt }] }),
    };
  }

  /** Temporal has persisted it. */
  accepted(ref: SessionRef, messageId: string): void {
    this.#set(keyOf(ref, messageId), { acceptedAt: Date.now() });
  }

  /** ms since the Unix epoch; undefined: it did not come in here, or long ago. */
  acceptedAt(ref: SessionRef, messageId: string): number | undefined {
    return this.#known.get(keyOf(ref, messageId))?.acceptedAt;
  }

  #set(key: string, arrival: Arrival): void {
    this.#known.delete(key);
    this.#known.set(key, arrival);
    const [oldest] = this.#known.keys();
    if (this.#known.size > LIMITS.arrivalsKept && oldest !== undefined) this.#known.delete(oldest);
  }
}

function keyOf(ref: SessionRef, messageId: string): string {
  return `${sessionKey(ref)}:${messageId}`;
}
