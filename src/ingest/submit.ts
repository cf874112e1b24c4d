/**
 * From a valid request to Temporal, and back: nothing is answered before Temporal has persisted it. Every method throws `ConvokeError`
 * only, within `RECOVERY.ingressDeadlineMs`, or `answerDeadlineMs` where a worker must answer. A repeatable `open`, and a call for a session
 * that Temporal does not know, also wait for the archive.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import { ConvokeError, RECOVERY, SEARCH_ATTRIBUTES, SESSION, workflowId } from '../contracts/index.ts';
import type {
  AgentSpec,
  CancelReply,
  OpenRequest,
  Receipt,
  SendRequest,
  SessionInfo,
  SessionInput,
  SessionPage,
  SessionRef,
  SessionState,
  SessionSummary,
} from '../contracts/index.ts';
import type { Principal } from './authenticate.ts';
import { inTime } from './in-time.ts';
import { listSessions } from './list.ts';
import { summaryOf } from './sessions-query.ts';
import type { ListQuery, SessionMemo } from './sessions-query.ts';
import { fromTemporal, ingressDeadline, isWorkflowEnded, isWorkflowNotFound } from './temporal.ts';
import type { CallKind } from './temporal.ts';
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
  /** Where a message stands as the workflow knows it; null if it does not. Throws `session_not_found`. */
  receipt(ref: SessionRef, messageId: string): Promise<Receipt | null>;
  /** The tenant's sessions, newest first; eventually consistent. Throws `invalid_cursor`, `unknown_team`. */
  list(principal: Principal, query: ListQuery): Promise<SessionPage>;
}

export interface SubmitterConfig {
  /** Its connection should be made with `ingressConnectionOptions()`. */
  readonly client: Client;
  /** Agents of a session that names none. */
  readonly defaultAgents: readonly AgentSpec[];
  /** True if the archive holds events of that session: also when Temporal has forgotten it. */
  isArchived(ref: SessionRef): Promise<boolean>;
  /** Task queue of the workers; default `SESSION.taskQueue`. */
  readonly taskQueue?: string;
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

/** How a session reads in the Temporal Web UI. */
function story(
  ref: SessionRef,
  info: SessionInfo,
): { readonly staticSummary: string; readonly staticDetails: string } {
  const names = info.agents.map((agent) => agent.name).join(' → ');
  const rows = info.agents.map(
    (agent) => `- **${agent.name}** (${agent.runner}${agent.quick === true ? ', quick' : ''})`,
  );
  const summary = `${ref.tenant} · ${ref.session} · ${info.team}: ${names}`;
  return {
    // The server takes 400 bytes; ids are ASCII, the arrows and dots are not.
    staticSummary: summary.length > 300 ? `${summary.slice(0, 300)}…` : summary,
    staticDetails: `Session **${ref.session}** of tenant **${ref.tenant}**\n\nTeam \`${info.team}\`:\n${rows.join('\n')}`,
  };
}

const KEYS = {
  tenant: defineSearchAttributeKey(SEARCH_ATTRIBUTES.tenant, SearchAttributeType.KEYWORD),
  session: defineSearchAttributeKey(SEARCH_ATTRIBUTES.session, SearchAttributeType.KEYWORD),
  team: defineSearchAttributeKey(SEARCH_ATTRIBUTES.team, SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD),
} as const;

class TemporalSubmitter implements Submitter {
  readonly #config: SubmitterConfig;

  constructor(config: SubmitterConfig) {
    this.#config = config;
  }

  async open(principal: Principal, request: OpenRequest, idempotencyKey?: string): Promise<Opened> {
    const { tenant } = principal;
    const session =
      request.id ??
      (idempotencyKey === undefined
        ? `s_${randomBytes(16).toString('base64url')}`
        : `s_${derivedId(['open', tenant], idempotencyKey)}`);
    const ref = { tenant, session };
    const info: SessionInfo = {
      team: teamOf(request.team),
      agents: request.agents ?? this.#config.defaultAgents,
      metadata: request.metadata ?? {},
      createdAt: Date.now(),
    };
    const memo: SessionMemo = {
      requestHash: requestHash(request),
      team: info.team,
      createdAt: info.createdAt,
    };
    const keyed = request.id === undefined;
    const repeatable = !keyed || idempotencyKey !== undefined;
    return this.#call('server', async () => {
      if (repeatable && (await this.#config.isArchived(ref))) return this.#reopen(ref, memo, keyed);
      try {
        await this.#start(ref, info, memo);
        return { summary: this.#summary(ref, true, memo), replayed: false };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return this.#reopen(ref, memo, keyed);
      }
    });
  }

  async send(ref: SessionRef, request: SendRequest): Promise<Receipt> {
    const message = messageOf(request, Date.now());
    await this.#inSession(ref, 'server', (handle) => handle.signal(SESSION.signals.message, message));
    return { session: ref.session, messageId: message.messageId, status: 'accepted' };
  }

  async cancel(ref: SessionRef, turn?: string): Promise<CancelReply> {
    const reply = await this.#inSession(ref, 'worker', (handle) =>
      handle.executeUpdate<CancelReply, [string | undefined]>(SESSION.updates.cancel, { args: [turn] }),
    );
    if (reply.status === 'none') {
      const detail =
        turn === undefined
          ? 'No turn runs or waits; there is nothing to cancel.'
          : 'Name a turn of this session.';
      throw new ConvokeError('turn_not_found', detail);
    }
    return reply;
  }

  async close(ref: SessionRef): Promise<void> {
    try {
      await this.#inSession(ref, 'worker', (handle) =>
        handle.executeUpdate<undefined, [string]>(SESSION.updates.close, { args: ['requested'] }),
      );
    } catch (error) {
      const known = fromTemporal(error, 'worker');
      if (known.code !== 'session_closed') throw known;
    }
  }

  state(ref: SessionRef): Promise<SessionState> {
    return this.#inSession(ref, 'worker', (handle) => handle.query<SessionState>(SESSION.queries.state));
  }

  receipt(ref: SessionRef, messageId: string): Promise<Receipt | null> {
    return this.#inSession(ref, 'worker', (handle) =>
      handle.query<Receipt | null, [string]>(SESSION.queries.receipt, messageId),
    );
  }

  async list(principal: Principal, query: ListQuery): Promise<SessionPage> {
    return this.#call('server', () => listSessions(this.#config.client, principal.tenant, query));
  }

  async #start(ref: SessionRef, info: SessionInfo, memo: SessionMemo): Promise<void> {
    const input: SessionInput = { ...ref, info };
    await this.#config.client.workflow.start(SESSION.workflow, {
      taskQueue: this.#config.taskQueue ?? SESSION.taskQueue,
      workflowId: workflowId(ref),
      args: [input],
      // One tenant's flood is one lane of the queue; the session's activities inherit it.
      priority: { fairnessKey: ref.tenant },
      typedSearchAttributes: [
        { key: KEYS.tenant, value: ref.tenant },
        { key: KEYS.session, value: ref.session },
        { key: KEYS.team, value: info.team },
        { key: KEYS.status, value: 'open' },
      ],
      ...story(ref, info),
      memo: { ...memo },
      workflowTaskTimeout: RECOVERY.workflowTaskTimeoutMs,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    });
  }

  /** The session exists: the same request again, or another one? */
  async #reopen(ref: SessionRef, memo: SessionMemo, keyed: boolean): Promise<Opened> {
    const found = await this.#describe(ref);
    if (found === null)
      throw new ConvokeError('session_exists', 'It is over and archived. Choose another id, or another key.');
    const had = found.memo as Partial<SessionMemo>;
    if (had.requestHash !== memo.requestHash) {
      throw keyed
        ? new ConvokeError('idempotency_mismatch', 'Use a new Idempotency-Key for a new request.')
        : new ConvokeError(
            'session_exists',
            'Choose another id, or send exactly the request that opened it.',
          );
    }
    const summary = this.#summary(ref, found.status.name === 'RUNNING', { ...memo, ...had });
    return { summary, replayed: true };
  }

  #summary(ref: SessionRef, running: boolean, memo: SessionMemo): SessionSummary {
    const summary = summaryOf(ref.tenant, workflowId(ref), running, memo);
    if (!summary) throw new ConvokeError('internal');
    return summary;
  }

  /** The newest run of the session's workflow, or null if there is none. */
  async #describe(ref: SessionRef): Promise<WorkflowExecutionDescription | null> {
    try {
      return await this.#config.client.workflow.getHandle(workflowId(ref)).describe();
    } catch (error) {
      if (isWorkflowNotFound(error)) return null;
      throw error;
    }
  }

  /** Calls a session's workflow; tells a closed session from one that never was. */
  async #inSession<T>(
    ref: SessionRef,
    kind: CallKind,
    ask: (handle: WorkflowHandle) => Promise<T>,
  ): Promise<T> {
    return this.#call(kind, async () => {
      try {
        return await ask(this.#config.client.workflow.getHandle(workflowId(ref)));
      } catch (error) {
        if (isWorkflowEnded(error)) throw closedError(error);
        if (!isWorkflowNotFound(error)) throw error;
        const closed = (await this.#describe(ref)) !== null || (await this.#config.isArchived(ref));
        if (closed) throw closedError(error);
        throw new ConvokeError('session_not_found', 'Check the id, or open the session first.', {
          cause: error,
        });
      }
    });
  }

  async #call<T>(kind: CallKind, ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#config.client.withDeadline(ingressDeadline(kind), ask);
    } catch (error) {
      throw fromTemporal(error, kind);
    }
  }
}

function closedError(cause: unknown): ConvokeError {
  return new ConvokeError('session_closed', 'Open another session; this one takes nothing more.', { cause });
}

/** The way into Temporal. */
export function createSubmitter(config: SubmitterConfig): Submitter {
  const late = (): Error => new ConvokeError('archive_unavailable');
  // A database that is silent must not hold a request for its own time-outs.
  const isArchived = (ref: SessionRef): Promise<boolean> =>
    inTime(config.isArchived(ref), RECOVERY.ingressDeadlineMs, late);
  return new TemporalSubmitter({ ...config, isArchived });
}
