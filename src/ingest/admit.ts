/**
 * Admission: what waits in a session is bounded before it is signalled, because Temporal's history keeps everything it was ever sent. It
 * costs one Redis call per message. While Redis is away, each gateway keeps a smaller bound of its own.
 */
import { ConvokeError, isConvokeError, LIMITS, RECOVERY, sessionKey } from '../contracts/index.ts';
import type { Message, SessionRef, TenantLimits } from '../contracts/index.ts';
import type { SessionLog } from '../log/index.ts';
import { inTime } from '../log/index.ts';
import { reused, saidOf } from './same-message.ts';

/** Of a digest: enough for the messages that wait in one session. */
const DIGEST_CHARS = 16;

/**
 * `ok`: signal it. `told`: the same, unless what its session tells of as a message for later is another one. `held`: its session has told of it already. `again`: it was sent so often that the workflow should be asked whether it has
 * it: each signal stays in Temporal's history, and a sender who gets no answer in time cannot know that the signal was persisted.
 */
export type Admitted = 'ok' | 'told' | 'held' | 'again';

export interface Admission {
  /** Reserves room for a message. Throws `inbox_full`, `message_id_reused`, and `rate_limited` where tenants have limits. */
  admit(ref: SessionRef, message: Message, limits?: Pick<TenantLimits, 'waitingMessages'>): Promise<Admitted>;
  /** Releases it: the message was refused after all. Never throws. */
  giveBack(ref: SessionRef, message: Pick<Message, 'messageId' | 'from' | 'feedback'>): Promise<void>;
}

interface Sent {
  readonly messages: number;
  readonly bytes: number;
  /** Until when it counts, ms of `performance.now()`. */
  readonly till: number;
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
  readonly #away = new AwayCounts();

  constructor(log: Pick<SessionLog, 'admit' | 'release'>, deadlineMs: number) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  async admit(
    ref: SessionRef,
    message: Message,
    { waitingMessages }: Pick<TenantLimits, 'waitingMessages'> = {},
  ): Promise<Admitted> {
    const { messageId, parts, channel, feedback } = message;
    const most = {
      ...(waitingMessages === undefined ? {} : { most: waitingMessages }),
      ...(channel === undefined ? {} : { share: LIMITS.channelShare }),
    };
    const bytes = Buffer.byteLength(JSON.stringify(feedback ?? parts));
    const late = (): Error => new ConvokeError('log_unavailable');
    try {
      const { status } = await inTime(
        this.#log.admit(ref, { messageId, bytes, digest: saidOf(message).slice(0, DIGEST_CHARS), ...most }),
        this.#deadlineMs,
        late,
      );
      this.#away.forget(ref);
      if (status === 'full') throw full();
      if (status === 'other') throw reused();
      return status;
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'log_unavailable') throw error;
      this.#away.add(ref, bytes);
      return 'ok';
    }
  }

  async giveBack(ref: SessionRef, { messageId }: Pick<Message, 'messageId'>): Promise<void> {
    // What cannot be released now will expire.
    await this.#log.release(ref, [messageId]).catch(() => undefined);
  }
}

/**
 * What each session has been sent while Redis was away, the oldest first. Nothing is released meanwhile: a session gets this much until Redis counts
 * it again, or for as long as it would count there. A count is never dropped to make room for another, so nobody gets more by sending to many
 * sessions: those of a tenant that find no room share one.
 */
class AwayCounts {
  readonly #sent = new Map<string, Sent>();
  /** How many sessions of each tenant are counted. */
  readonly #sessions = new Map<string, number>();

  /** Throws `inbox_full`. */
  add(ref: SessionRef, bytes: number): void {
    const now = performance.now();
    this.#expire(now);
    const key = this.#placeOf(ref);
    const before = this.#sent.get(key) ?? { messages: 0, bytes: 0 };
    const sent = {
      messages: before.messages + 1,
      bytes: before.bytes + bytes,
      till: now + LIMITS.inboxTtlMs,
    };
    if (sent.messages > LIMITS.awayMessages || (before.messages > 0 && sent.bytes > LIMITS.awayBytes))
      throw full();
    if (before.messages === 0) this.#count(key, 1);
    this.#sent.delete(key);
    this.#sent.set(key, sent);
  }

  /** Redis counts it again; what it knows of others may be in another part of a cluster. */
  forget(ref: SessionRef): void {
    this.#delete(sessionKey(ref));
  }

  /** Its own count; one of all the tenant's, which is named without a session, if there are too many. */
  #placeOf(ref: SessionRef): string {
    const key = sessionKey(ref);
    const hasRoom =
      this.#sent.size < LIMITS.awaySessions &&
      (this.#sessions.get(ref.tenant) ?? 0) < LIMITS.awaySessionsOfTenant;
    return hasRoom || this.#sent.has(key) ? key : ref.tenant;
  }

  #expire(now: number): void {
    for (const [key, { till }] of this.#sent) {
      if (till > now) return;
      this.#delete(key);
    }
  }

  #delete(key: string): void {
    if (this.#sent.delete(key)) this.#count(key, -1);
  }

  #count(key: string, by: number): void {
    const [tenant = ''] = key.split(':');
    const count = (this.#sessions.get(tenant) ?? 0) + by;
    if (count > 0) this.#sessions.set(tenant, count);
    else this.#sessions.delete(tenant);
  }
}
