/** Opens sessions. */
import { createHash, randomBytes } from 'node:crypto';
import { agentOf, ConvokeError, LIMITS, summaryOf, teamOf } from '../contracts/index.ts';
import type { AgentSpec, OpenRequest, SessionInfo, SessionRef, SessionSummary } from '../contracts/index.ts';
import { ingressDeadline } from '../temporal/index.ts';
import type { FoundSession, SessionCalls, StartRequest } from '../temporal/index.ts';
import type { IsArchived } from './archived.ts';
import type { Known } from './known.ts';
import { derivedId } from './validate.ts';

/** The answer to an open. */
export interface Opened {
  readonly summary: SessionSummary;
  /** True if an earlier, equal request opened the session. */
  readonly replayed: boolean;
}

export interface OpenDeps {
  readonly calls: SessionCalls;
  /** Agents of a session that does not list any. */
  readonly defaultAgents: readonly AgentSpec[];
  readonly isArchived: IsArchived;
  /** Absent: sessions are not erased. */
  readonly isErased?: (ref: SessionRef) => Promise<boolean>;
  readonly known: Pick<Known, 'require'>;
  /** Takes a place for a session that is about to be opened, and resolves to what gives it back; absent: tenants have no limits. Throws `quota_exceeded`. */
  readonly takePlace?: (ref: SessionRef) => Promise<() => void>;
}

/** The same JSON for equal values, whatever the order of their keys. The depth has been capped before. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

/** Equal for equal requests. */
export function requestHash(asked: object): string {
  return createHash('sha256').update(canonical(asked)).digest('base64url');
}

/** Two opens are equal if their requests are, whatever the defaults were at the time. */
function openHash(request: OpenRequest): string {
  return requestHash({
    team: { options: {}, ...teamOf(request.team) },
    agents: request.agents?.map(agentOf) ?? null,
    metadata: request.metadata ?? {},
    // Absent from the requests of before.
    ...(request.policy === undefined ? {} : { policy: request.policy }),
    ...(request.limits ? { limits: request.limits } : {}),
    ...(request.summary ? { summary: summaryOf(request.summary, request.agents?.map(agentOf) ?? []) } : {}),
    ...(request.ttlMs === undefined ? {} : { ttlMs: request.ttlMs }),
  });
}

function sessionId(tenant: string, request: OpenRequest, key: string | undefined): string {
  if (request.id !== undefined) return request.id;
  if (key !== undefined) return `s_${derivedId(['open', tenant], key)}`;
  return `s_${randomBytes(16).toString('base64url')}`;
}

/** The session exists: was it the same request, or a different one? */
export function replay(found: FoundSession | null, hash: string, keyed: boolean): Opened {
  if (found === null)
    throw new ConvokeError(
      'session_exists',
      'The session is over and archived. Choose another id or Idempotency-Key.',
    );
  if (found.requestHash === hash) return { summary: found.summary, replayed: true };
  throw keyed
    ? new ConvokeError('idempotency_mismatch', 'Use a new Idempotency-Key for a new request.')
    : new ConvokeError('session_exists', 'Choose another id, or send exactly the request that opened it.');
}

/** Throws `session_erased`. */
export async function refuseErased({ isErased }: Pick<OpenDeps, 'isErased'>, ref: SessionRef): Promise<void> {
  if (await isErased?.(ref))
    throw new ConvokeError(
      'session_erased',
      'A session with this id was erased: choose another id or Idempotency-Key.',
    );
}

interface Asked extends StartRequest {
  /** The id follows from an Idempotency-Key. */
  readonly keyed: boolean;
  /** An equal request may have opened the session before. */
  readonly repeatable: boolean;
}

/** Starts a session, if `check` resolves and its tenant has a place for it; what an equal request has opened is answered with or without. */
export async function startSession(
  { calls, takePlace }: Pick<OpenDeps, 'calls' | 'takePlace'>,
  ref: SessionRef,
  { info, requestHash, keyed, repeatable }: Asked,
  check: () => Promise<void> = async () => undefined,
): Promise<Opened> {
  const deadline = ingressDeadline('server');
  let giveBack: (() => void) | undefined;
  try {
    await check();
    giveBack = await takePlace?.(ref);
  } catch (error) {
    // What was opened stays open, whatever workers know today.
    const found = repeatable ? await calls.find(ref, deadline) : null;
    if (found?.requestHash !== requestHash) throw error;
    return replay(found, requestHash, keyed);
  }
  const answer = await calls.start(ref, { info, requestHash }, deadline);
  if (answer.started) return { summary: answer.summary, replayed: false };
  // One that another request has opened this moment may be known by this very place.
  const isOld = (answer.found?.summary.createdAt ?? 0) < Date.now() - LIMITS.openSessionsYoungMs;
  if (isOld) giveBack?.();
  return replay(answer.found, requestHash, keyed);
}

/** See `Intake.open`. `key`: the Idempotency-Key. */
export async function openSession(
  deps: OpenDeps,
  tenant: string,
  request: OpenRequest,
  key: string | undefined,
): Promise<Opened> {
  const { calls, defaultAgents, isArchived, known } = deps;
  const ref = { tenant, session: sessionId(tenant, request, key) };
  const agents = request.agents?.map(agentOf) ?? defaultAgents;
  const info: SessionInfo = {
    team: teamOf(request.team),
    agents,
    metadata: request.metadata ?? {},
    ...(request.policy === undefined ? {} : { policy: request.policy }),
    ...(request.limits ? { limits: request.limits } : {}),
    ...(request.summary ? { summary: summaryOf(request.summary, agents) } : {}),
    ...(request.ttlMs === undefined ? {} : { ttlMs: request.ttlMs }),
    createdAt: Date.now(),
  };
  const requestHash = openHash(request);
  const keyed = request.id === undefined;
  const repeatable = !keyed || key !== undefined;
  if (repeatable) await refuseErased(deps, ref);
  if (repeatable && (await isArchived(ref))) return replay(await calls.find(ref), requestHash, keyed);
  return startSession(deps, ref, { info, requestHash, keyed, repeatable }, () => known.require(info));
}
