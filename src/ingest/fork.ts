/** Forks sessions: a new session that has its parent's conversation up to some event. */
import { randomBytes } from 'node:crypto';
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import type { ForkPoint, ForkRequest, SessionInfo, SessionRef } from '../contracts/index.ts';
import { logHead, placeBefore } from '../log/index.ts';
import type { PastDeps } from '../log/index.ts';
import { invalidAt } from './json-guard.ts';
import { refuseErased, replay, requestHash, startSession } from './open-session.ts';
import type { OpenDeps, Opened } from './open-session.ts';
import { derivedId } from './validate.ts';

export interface ForkDeps extends Pick<OpenDeps, 'calls' | 'isArchived' | 'isErased' | 'takePlace'> {
  readonly past: PastDeps;
}

/** Starts the fork; its workflow copies what the parent has said. See `Intake.fork`. `key`: the Idempotency-Key. */
export async function forkSession(
  deps: ForkDeps,
  parent: SessionRef,
  request: ForkRequest,
  key: string | undefined,
): Promise<Opened> {
  const { calls, past, isArchived } = deps;
  const { tenant } = parent;
  const { id, at, before, message } = request;
  const fork = { tenant, session: id ?? forkId(tenant, key) };
  const keyed = id === undefined;
  const asked = { fork: parent.session, at: at ?? null, before: before ?? null, message: message ?? null };
  const hash = requestHash(asked);
  const repeatable = !keyed || key !== undefined;
  if (repeatable) await refuseErased(deps, fork);
  if (repeatable && (await isArchived(fork))) return replay(await calls.find(fork), hash, keyed);
  const { info, point } = await pointOf(past, parent, request);
  // Who takes part at the point follows from the events.
  const { roster: _roster, parent: _parent, ancestors: _ancestors, ...opened } = info;
  const forked = { ...opened, createdAt: Date.now(), parent: point, ...ancestorsIn(info) };
  return startSession(deps, fork, { info: forked, requestHash: hash, keyed, repeatable });
}

/** What a fork has to know, once its parent is erased: it has the files of those, too. */
function ancestorsIn({ parent, ancestors = [] }: SessionInfo): Pick<SessionInfo, 'ancestors'> {
  return parent ? { ancestors: [parent.session, ...ancestors].slice(0, LIMITS.forkAncestors - 1) } : {};
}

function forkId(tenant: string, key: string | undefined): string {
  return key === undefined
    ? `s_${randomBytes(16).toString('base64url')}`
    : `s_${derivedId(['fork', tenant], key)}`;
}

/** Where the fork begins. Throws `session_not_found`, `message_not_found`, `invalid_request`. */
async function pointOf(
  past: PastDeps,
  parent: SessionRef,
  { at, before }: ForkRequest,
): Promise<{ readonly info: SessionInfo; readonly point: ForkPoint }> {
  const { position, info } = await logHead(past, parent);
  if (at !== undefined && at > position.seq)
    throw invalidAt(['at'], `it must be at most ${position.seq}, the newest event of the session.`);
  const found = before === undefined ? (at ?? position.seq) : await placeBefore(past, parent, before);
  if (found === null)
    throw new ConvokeError('message_not_found', `The session has no message "${before}" to fork before.`);
  const seq = Math.max(found, 1);
  // The fork of a closed session is open.
  const slice = await past.log.read(parent, { after: seq - 1, limit: 1 });
  const isEnd = slice?.events[0]?.type === 'session.closed';
  return { info, point: { session: parent.session, seq: isEnd ? seq - 1 : seq } };
}
