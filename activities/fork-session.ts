/** Makes what a fork begins with: a copy of its parent's events, a log with the newest of them, and the state that follows from them. */
import type { Archive } from '../src/archive/index.ts';
import {
  eventId,
  ForkedPast,
  isConvokeError,
  jsonChars,
  LIMITS,
  type BeginReport,
  type CarriedState,
  type EventDraft,
  type EventType,
  type ForkInput,
  type LoggedEvent,
  type Position,
  type Roster,
  type SessionRef,
} from '../src/contracts/index.ts';
import { archivedTail, eventsBetween } from '../src/log/index.ts';
import { isAway, type LogAccess } from './log-writer.ts';

type Access = Omit<LogAccess, 'patient'> & { readonly archive: Archive };

/** May be repeated: what was copied stays as it is. A fork whose parent was erased before all of that was copied is closed. */
export async function forkSession(access: Access, input: ForkInput): Promise<BeginReport> {
  const { archive } = access;
  const { parent } = input;
  const fork: SessionRef = { tenant: input.tenant, session: input.session };
  const copied = await copyPast(access, fork, input);
  if (copied < parent.seq) return { carried: orphaned(input, copied, Date.now()) };
  const past = new ForkedPast(fork.session, await lastStated(archive, fork, parent.seq));
  past.note(await newest(archive, fork, parent.seq));
  const known = await newLog(access, input, past.roster);
  return { carried: past.carry(parent, known, Date.now()) };
}

/** Up to which seq the fork has what its parent has said; less than the point: the parent was erased. */
async function copyPast(access: Access, fork: SessionRef, { info, parent }: ForkInput): Promise<number> {
  const { archive } = access;
  const from: SessionRef = { tenant: fork.tenant, session: parent.session };
  const archivedTo = Math.min((await archive.session(from))?.lastSeq ?? 0, parent.seq);
  try {
    const rest = await eventsBetween(access, from, { after: archivedTo, upTo: parent.seq });
    await archive.copy(from, fork, info, archivedTo);
    // Erased just before, it had nothing to copy: what comes after that would leave a hole.
    const { lastSeq = 0 } = (await archive.session(fork)) ?? {};
    if (lastSeq < archivedTo) return lastSeq;
    await archive.write(fork, info, rest);
    return parent.seq;
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'session_not_found') throw error;
    return Math.min((await archive.session(fork))?.lastSeq ?? 0, parent.seq);
  }
}

/** Begins with what was copied, and closes at once. */
function orphaned({ info }: ForkInput, seq: number, at: number): CarriedState {
  const { createdAt: _createdAt, roster: _roster, parent: _parent, ancestors: _ancestors, ...data } = info;
  const created: EventDraft = { id: eventId.sessionCreated(), type: 'session.created', at, data };
  return {
    ...{ status: 'closing', closeReason: 'parent_gone', known: { epoch: 0, seq }, archivedTo: seq, turns: 0 },
    ...(seq > 0 ? { closedBefore: true } : {}),
    ...{ inbox: [], outbox: seq > 0 ? [] : [created], receipts: [] },
    ...{ events: [], reconcile: false, release: [] },
  };
}

/** The newest events that tell of all that waits or runs, and of as many messages as a session remembers; without what was said. */
async function newest(archive: Archive, ref: SessionRef, upTo: number): Promise<readonly LoggedEvent[]> {
  const { least, most, chars } = LIMITS.forkPage;
  let found: readonly LoggedEvent[] = [];
  let limit: number = least;
  for (let messages = 0; messages < LIMITS.receiptsKept;) {
    const events = await archive.readTail(ref, (found[0]?.seq ?? upTo + 1) - 1, limit);
    if (events.length === 0) break;
    messages += events.filter(({ type }) => type === 'message.accepted').length;
    limit = events.reduce((sum, event) => sum + textChars(event), 0) < chars ? most : least;
    found = [...events.map(withoutText), ...found];
  }
  return found;
}

/** What the newest events need not tell: what the team keeps, who takes part, and what was summarised. */
async function lastStated(archive: Archive, ref: SessionRef, upTo: number): Promise<readonly LoggedEvent[]> {
  const kept = await lastOf(archive, ref, { type: 'turn.completed', text: '"data":{"memory":', upTo });
  const changed = await lastOf(archive, ref, {
    type: 'session.members',
    text: '"type":"session.members"',
    upTo,
  });
  const summed = await lastOf(archive, ref, { type: 'step.completed', text: '"summarises":', upTo });
  return [...kept, ...changed, ...summed];
}

interface Wanted {
  readonly type: EventType;
  /** In its JSON, and perhaps in that of others. */
  readonly text: string;
  readonly upTo: number;
}

/** The newest event of a type; none: there is none. */
async function lastOf(
  archive: Archive,
  ref: SessionRef,
  { type, text, upTo }: Wanted,
): Promise<readonly LoggedEvent[]> {
  for (let below = upTo; below > 0;) {
    const candidates = await archive.find(ref, text, below);
    const found = candidates.find((event) => event.type === type);
    if (found) return [found];
    below = (candidates.at(-1)?.seq ?? 1) - 1;
  }
  return [];
}

/** Where the fork's log is. While the log is away nobody can read it: whoever writes first builds it. */
async function newLog(
  { log, source }: Access,
  { info, parent, ...fork }: ForkInput,
  roster: Roster | undefined,
): Promise<Position> {
  const bounds = { limit: LIMITS.replayEvents, maxChars: LIMITS.logBytes };
  const events = await archivedTail(source, fork, parent.seq, bounds);
  try {
    return await log.rebuild(fork, {
      ...{ expected: null, epoch: Date.now(), events },
      info: { ...info, ...(roster === undefined ? {} : { roster }) },
    });
  } catch (error) {
    if (!isAway(error)) throw error;
    return { epoch: 0, seq: parent.seq };
  }
}

function textChars(event: LoggedEvent): number {
  if (event.type === 'message.accepted' || event.type === 'channel.published')
    return jsonChars(event.data.parts);
  if (event.type === 'feedback.given') return event.data.comment?.length ?? 0;
  return 'text' in event.data ? event.data.text.length : 0;
}

function withoutText(event: LoggedEvent): LoggedEvent {
  if (event.type === 'message.accepted') return { ...event, data: { ...event.data, parts: [] } };
  if (event.type === 'channel.published') return { ...event, data: { ...event.data, parts: [] } };
  if (event.type === 'feedback.given') {
    const { comment: _comment, ...data } = event.data;
    return { ...event, data };
  }
  if (event.type !== 'step.completed') return event;
  const { summarises } = event.data;
  return { ...event, data: { text: '', ...(summarises && { summarises }) } };
}
