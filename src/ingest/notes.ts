/**
 * The door for what has no place in the log of a session: presence, typing, read positions, what is published, removals. Nothing of it reaches
 * Temporal. Every method throws `session_not_found`, `forbidden`, `invalid_request` and `log_unavailable`, besides what it says.
 */
import { randomUUID } from 'node:crypto';
import { ConvokeError, LIMITS, sessionKey } from '../contracts/index.ts';
import type {
  Json,
  KickRequest,
  Position,
  PresenceRequest,
  PublishRequest,
  ReadRequest,
  SessionRef,
  TypingRequest,
} from '../contracts/index.ts';
import type { PresenceRows, SessionLog } from '../log/index.ts';
import { hasRates, rateLimited } from '../quota/index.ts';
import { actorOf } from '../tenants/index.ts';
import type { Audit, Principal, Scope } from '../tenants/index.ts';
import { asSubject, refOf } from './acting.ts';
import { invalidAt } from './json-guard.ts';
import type { Rates } from './rates.ts';
import { Roster } from './roster.ts';
import type { AgentsOf, FollowedAgents } from './roster.ts';
import { kickSchema, presenceSchema, publishSchema, readSchema, typingSchema } from './schemas/presence.ts';
import { validate } from './validate.ts';

/** Somebody in a session. */
export interface Person {
  readonly subject: string;
  readonly name?: string;
}

/** Somebody who is to be present in a session, or who is to be told who is. */
export interface Arrival {
  readonly ref: SessionRef;
  /** Absent: an observer. */
  readonly member?: Person & Pick<PresenceRequest, 'device' | 'state'>;
}

export interface Notes {
  /** Who wants to be present. */
  presence(principal: Principal, session: unknown, body: unknown): Promise<Arrival>;
  /** `check`: is asked before anybody is told. */
  typing(
    principal: Principal,
    session: unknown,
    body: unknown,
    check: (ref: SessionRef) => void,
  ): Promise<void>;
  /** Throws `overloaded`. */
  read(principal: Principal, session: unknown, body: unknown): Promise<void>;
  /** Throws `rate_limited`. */
  publish(principal: Principal, session: unknown, body: unknown): Promise<void>;
  kick(principal: Principal, session: unknown, body: unknown): Promise<void>;
}

export interface NotesConfig {
  readonly log: Pick<SessionLog, 'tell'>;
  readonly rows: Pick<PresenceRows, 'kick'>;
  readonly rates: Rates;
  /** Where a session stands, null if that is not known. Throws `session_not_found`. */
  readonly stands: (ref: SessionRef) => Promise<Position | null>;
  readonly advance: (ref: SessionRef, subject: string, seq: number) => void;
  readonly agentsOf: AgentsOf;
  readonly followedAgents: FollowedAgents;
  readonly audit: Audit;
}

export function createNotes(config: NotesConfig): Notes {
  return new NotesService(config);
}

class NotesService implements Notes {
  readonly #config: NotesConfig;
  readonly #roster: Roster;
  readonly #publishing = new Publishing();

  constructor(config: NotesConfig) {
    this.#config = config;
    this.#roster = new Roster(config.agentsOf, config.followedAgents);
  }

  async presence(principal: Principal, session: unknown, body: unknown): Promise<Arrival> {
    const { ref } = await this.#known(principal, session, 'watch');
    const { device, state, from, observe } = validate<PresenceRequest>(presenceSchema, body);
    if (observe) return { ref };
    const person = await this.#person(principal, ref, from);
    return {
      ref,
      member: { ...person, ...(device !== undefined && { device }), ...(state !== undefined && { state }) },
    };
  }

  async typing(
    principal: Principal,
    session: unknown,
    body: unknown,
    check: (ref: SessionRef) => void,
  ): Promise<void> {
    const { ref } = await this.#known(principal, session, 'send');
    const { on, from } = validate<TypingRequest>(typingSchema, body);
    check(ref);
    const person = await this.#person(principal, ref, from);
    await this.#config.log.tell(ref, { kind: 'typing', ...person, on });
  }

  async read(principal: Principal, session: unknown, body: unknown): Promise<void> {
    const { ref, head } = await this.#known(principal, session, 'watch');
    const { seq, from } = validate<ReadRequest>(readSchema, body);
    const { subject } = await this.#person(principal, ref, from);
    this.#config.advance(ref, subject, Math.min(seq, head?.seq ?? seq));
  }

  async publish(principal: Principal, session: unknown, body: unknown): Promise<void> {
    const { ref } = await this.#known(principal, session, 'send');
    const { channel, data, ...given } = validate<PublishRequest>(publishSchema, body);
    const { from } = { ...given, ...asSubject(principal) };
    if (from !== undefined) await this.#roster.refuseAgentName(ref, from);
    this.#publishing.take(ref);
    await this.#count(ref, from, data);
    await this.#config.log.tell(ref, {
      ...{ kind: 'published', channel, data },
      ...(from !== undefined && { from }),
    });
  }

  async kick(principal: Principal, session: unknown, body: unknown): Promise<void> {
    const { ref } = await this.#known(principal, session, 'operate');
    const { subject, forMs = LIMITS.kickMs } = validate<KickRequest>(kickSchema, body);
    await this.#config.rows.kick(ref, { subject, forMs });
    this.#config.audit.note({
      ...{ actor: actorOf(principal), tenant: ref.tenant, action: 'session.kick', target: ref.session },
      detail: { subject, forMs },
    });
  }

  async #known(
    principal: Principal,
    session: unknown,
    scope: Scope,
  ): Promise<{ readonly ref: SessionRef; readonly head: Position | null }> {
    const ref = refOf(principal, session, scope);
    return { ref, head: await this.#config.stands(ref) };
  }

  async #person(principal: Principal, ref: SessionRef, from: string | undefined): Promise<Person> {
    const { grant } = principal;
    const subject = grant?.subject ?? from;
    if (subject === undefined) throw invalidAt(['from'], 'an API key has to say who it is.');
    await this.#roster.refuseAgentName(ref, subject);
    return { subject, ...(grant?.name !== undefined && { name: grant.name }) };
  }

  /** As a message counts. */
  async #count(ref: SessionRef, from: string | undefined, data: Json): Promise<void> {
    const limits = this.#config.rates.limitsOf(ref.tenant);
    if (!hasRates(limits)) return;
    const bytes = Buffer.byteLength(JSON.stringify(data));
    const asked = { ...ref, messageId: randomUUID(), bytes, ...(from !== undefined && { from }) };
    const taken = await this.#config.rates.take(limits, asked);
    if (typeof taken !== 'string') throw rateLimited(taken);
  }
}

/** What is published in each session through this gateway: each goes to all who follow it. */
class Publishing {
  /** When each will have room for all again, ms of `performance.now()`; the least recently used are forgotten. */
  readonly #fullAt = new Map<string, number>();

  /** Throws `rate_limited`. */
  take(ref: SessionRef): void {
    const { perSecond, burst } = LIMITS.publishes;
    const [key, now] = [sessionKey(ref), performance.now()];
    const fullAt = Math.max(this.#fullAt.get(key) ?? 0, now) + 1_000 / perSecond;
    const overMs = fullAt - now - (burst * 1_000) / perSecond;
    if (overMs > 0) {
      const detail = `Publish at most ${perSecond} times a second in one session.`;
      throw new ConvokeError('rate_limited', detail, { retryAfterMs: Math.ceil(overMs) });
    }
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    const [oldest] = this.#fullAt.keys();
    if (this.#fullAt.size > LIMITS.publishingSessions && oldest !== undefined) this.#fullAt.delete(oldest);
  }
}
