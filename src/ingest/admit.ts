/**
 * Admission: what waits in a session is bounded before it is signalled, because Temporal's history keeps everything it was ever sent. It
 * costs one Redis call per message. While Redis is away, each gateway keeps a smaller bound of its own.
 */
import { ConvokeError, isConvokeError, LIMITS, RECOVERY, sessionKey } from '../contracts/index.ts';
import type { Message, SessionRef, TenantLimits } from '../contracts/index.ts';
import type { SessionLog } from '../log/index.ts';
import { inTime } from './in-time.ts';

/**
 * `ok`: signal it. `held`: its session has told of it already. `again`: it was sent so often that the workflow should be asked whether it has
 * it: each signal stays in Temporal's history, and a sender who gets no answer in time cannot know that the signal was persisted.
 */
export type Admitted = 'ok' | 'held' | 'again';

export interface Admission {
  /** Reserves room for a message. Throws `inbox_full`, and `rate_limited` where tenants have limits. */
  admit(ref: SessionRef, message: Message, limits?: Pick<TenantLimits, 'waitingMessages'>): Promise<Admitted>;
  /** Releases it: the message was refused after all. Never throws. */
  giveBack(ref: SessionRef, message: Pick<Message, 'messageId' | 'from'>): Promise<void>;
}

interface Sent {
  readonly messages: number;
  readonly bytes: number;
}

function full(): ConvokeError {
  return new ConvokeError(
    'inbox_full',
    'Wait until the session has answered, then send the same message again.',
  );
}

/** `deadlineMs`: longest wait for Redis before the gateway's own count decides. */
export function createAdmission(
  log: Pick<SessionLog, 'admit' | 'release'>,
  deadlineMs: number = RECOVERY.admitDeadlineMs,
): Admission {
  return new RedisAdmission(log, deadlineMs);
}

class RedisAdmission implements Admission {
  readonly #log: Pick<SessionLog, 'admit' | 'release'>;
  readonly #deadlineMs: number;
  /** What each session has been sent since Redis went away; the least recently used are evicted. */
  readonly #away = new Map<string, Sent>();

  constructor(log: Pick<SessionLog, 'admit' | 'release'>, deadlineMs: number) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  async admit(
    ref: SessionRef,
    { messageId, parts, channel, feedback }: Message,
    { waitingMessages }: Pick<TenantLimits, 'waitingMessages'> = {},
  ): Promise<Admitted> {
    const most = {
      ...(waitingMessages === undefined ? {} : { most: waitingMessages }),
      ...(channel === undefined ? {} : { share: LIMITS.channelShare }),
    };
    const bytes = Buffer.byteLength(JSON.stringify(feedback ?? parts));
    const late = (): Error => new ConvokeError('log_unavailable');
    try {
      const { status } = await inTime(
        this.#log.admit(ref, { messageId, bytes, ...most }),
        this.#deadlineMs,
        late,
      );
      this.#away.clear();
      if (status === 'full') throw full();
      return status;
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'log_unavailable') throw error;
      this.#admitAway(sessionKey(ref), bytes);
      return 'ok';
    }
  }

  async giveBack(ref: SessionRef, { messageId }: Pick<Message, 'messageId'>): Promise<void> {
    // What cannot be released now will expire.
    await this.#log.release(ref, [messageId]).catch(() => undefined);
  }

  /** Nothing is released meanwhile: a session gets this much until Redis is back. */
  #admitAway(key: string, bytes: number): void {
    const before = this.#away.get(key) ?? { messages: 0, bytes: 0 };
    const sent = { messages: before.messages + 1, bytes: before.bytes + bytes };
    if (sent.messages > LIMITS.awayMessages || (before.messages > 0 && sent.bytes > LIMITS.awayBytes))
      throw full();
    this.#away.delete(key);
    this.#away.set(key, sent);
    const [oldest] = this.#away.keys();
    if (this.#away.size > LIMITS.awaySessions && oldest !== undefined) this.#away.delete(oldest);
  }
}
