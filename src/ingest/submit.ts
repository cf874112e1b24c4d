/**
 * From a valid request to the session's workflow. Besides what `SessionCalls` promises: a repeatable `open`, and a call for a session that
 * Temporal does not know, also ask the archive, which remembers longer, and wait for it as long.
 */
import { createHash, randomBytes } from 'node:crypto';
import { ConvokeError, isConvokeError, RECOVERY } from '../contracts/index.ts';
import type {
  AgentSpec,
  CancelReply,
  OpenRequest,
  Receipt,
  SendRequest,
  SessionInfo,
  SessionPage,
  SessionRef,
  SessionState,
  SessionSummary,
} from '../contracts/index.ts';
import { closedError, ingressDeadline } from '../temporal/index.ts';
import type { FoundSession, ListQuery, SessionCalls } from '../temporal/index.ts';
import type { Principal } from './authenticate.ts';
import { inTime } from './in-time.ts';
import { derivedId, messageOf, teamOf } from './validate.ts';

/** Answer to an open. */
export interface Opened {
  readonly summary: SessionSummary;
  /** True if an earlier, equal request had opened it. */
  readonly replayed: boolean;
}

export interface Submitter {
  /**
   * Opens a session. An id, or else an Idempotency-Key, makes the request repeatable: an equal repeat gets the same answer, for as long
   * as Temporal remembers it. After that the id stays taken: a second life would mix its events with those that are archived. Throws
   * `unknown_team`, `session_exists`, `idempotency_mismatch`, `archive_unavailable`.
   */
  open(principal: Principal, request: OpenRequest, idempotencyKey?: string): Promise<Opened>;
  /** Hands a message to the session. Resolves once it is persisted. Throws `session_not_found`, `session_closed`. */
  send(ref: SessionRef, request: SendRequest): Promise<Receipt>;
  /** Cancels a turn; absent: the one that runs, or else the next. Throws `turn_not_found`, `session_not_found`, `session_closed`. */
  cancel(ref: SessionRef, turn?: string): Promise<CancelReply>;
  /** Closes the session; closed already is fine. Throws `session_not_found`. */
  close(ref: SessionRef): Promise<void>;
  /** The session as its workflow knows it. Throws `session_not_found`. */
  state(ref: SessionRef): Promise<SessionState>;
  /** The tenant's sessions, newest first; eventually consistent. Throws `invalid_cursor`, `unknown_team`. */
  list(
    principal: Principal,
    query: Omit<ListQuery, 'team'> & { readonly team?: string },
  ): Promise<SessionPage>;
}

export interface SubmitterConfig {
  readonly calls: SessionCalls;
  /** Agents of a session that names none. */
  readonly defaultAgents: readonly AgentSpec[];
  /** True if the archive holds events of that session: also when Temporal has forgotten it. */
  isArchived(ref: SessionRef): Promise<boolean>;
}

/** The same JSON for equal values, whatever the order of their keys. The depth is capped before. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

/** What makes two opens equal: what was asked for, not what it meant at that time. */
function requestHash(request: OpenRequest): string {
  const asked = {
    team: teamOf(request.team),
    agents: request.agents ?? null,
    metadata: request.metadata ?? {},
  };
  return createHash('sha256').update(canonical(asked)).digest('base64url');
}

function sessionId(tenant: string, request: OpenRequest, idempotencyKey: string | undefined): string {
  if (request.id !== undefined) return request.id;
  if (idempotencyKey !== undefined) return `s_${derivedId(['open', tenant], idempotencyKey)}`;
  return `s_${randomBytes(16).toString('base64url')}`;
}

/** The session exists: is this the same request again, or another one? */
function replay(found: FoundSession | null, hash: string, keyed: boolean): Opened {
  if (found === null)
    throw new ConvokeError('session_exists', 'It is over and archived. Choose another id, or another key.');
  if (found.requestHash === hash) return { summary: found.summary, replayed: true };
  throw keyed
    ? new ConvokeError('idempotency_mismatch', 'Use a new Idempotency-Key for a new request.')
    : new ConvokeError('session_exists', 'Choose another id, or send exactly the request that opened it.');
}

class SessionSubmitter implements Submitter {
  readonly #config: SubmitterConfig;
  readonly #calls: SessionCalls;

  constructor(config: SubmitterConfig) {
    this.#config = config;
    this.#calls = config.calls;
  }

  async open(principal: Principal, request: OpenRequest, idempotencyKey?: string): Promise<Opened> {
    const { tenant } = principal;
    const ref = { tenant, session: sessionId(tenant, request, idempotencyKey) };
    const info: SessionInfo = {
      team: teamOf(request.team),
      agents: request.agents ?? this.#config.defaultAgents,
      metadata: request.metadata ?? {},
      createdAt: Date.now(),
    };
    const hash = requestHash(request);
    const deadline = ingressDeadline('server');
    const keyed = request.id === undefined;
    const repeatable = !keyed || idempotencyKey !== undefined;
    if (repeatable && (await this.#config.isArchived(ref)))
      return replay(await this.#calls.find(ref, deadline), hash, keyed);
    const answer = await this.#calls.start(ref, { info, requestHash: hash }, deadline);
    if (answer.started) return { summary: answer.summary, replayed: false };
    return replay(answer.found, hash, keyed);
  }

  async send(ref: SessionRef, request: SendRequest): Promise<Receipt> {
    const message = messageOf(request, Date.now());
    await this.#known(ref, this.#calls.send(ref, message));
    return { session: ref.session, messageId: message.messageId, status: 'accepted' };
  }

  async cancel(ref: SessionRef, turn?: string): Promise<CancelReply> {
    const reply = await this.#known(ref, this.#calls.cancel(ref, turn));
    if (reply.status !== 'none') return reply;
    const detail =
      turn === undefined
        ? 'No turn runs or waits; there is nothing to cancel.'
        : 'Name a turn of this session.';
    throw new ConvokeError('turn_not_found', detail);
  }

  async close(ref: SessionRef): Promise<void> {
    try {
      await this.#known(ref, this.#calls.close(ref, 'requested'));
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'session_closed') throw error;
    }
  }

  state(ref: SessionRef): Promise<SessionState> {
    return this.#known(ref, this.#calls.state(ref));
  }

  async list(
    principal: Principal,
    { team, ...query }: Omit<ListQuery, 'team'> & { readonly team?: string },
  ): Promise<SessionPage> {
    const only = team === undefined ? {} : { team: teamOf(team) };
    return this.#calls.list(principal.tenant, { ...query, ...only });
  }

  /** A session that Temporal does not know may have been forgotten: then it is closed. */
  async #known<T>(ref: SessionRef, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'session_not_found') throw error;
      if (await this.#config.isArchived(ref)) throw closedError(error);
      throw error;
    }
  }
}

export function createSubmitter(config: SubmitterConfig): Submitter {
  const late = (): Error => new ConvokeError('archive_unavailable');
  // A database that is silent must not hold a request for its own time-outs.
  const isArchived = (ref: SessionRef): Promise<boolean> =>
    inTime(config.isArchived(ref), RECOVERY.ingressDeadlineMs, late);
  return new SessionSubmitter({ ...config, isArchived });
}
