/** Reads what a session has said so far, wherever it is: in the log, in the archive, or with its workflow. */
import {
  ConvokeError,
  eventId,
  LIMITS,
  START,
  type LoggedEvent,
  type SessionRef,
} from '../contracts/index.ts';
import { assemble } from './assemble.ts';
import type { LogSlice, SessionLog } from './log.ts';
import { recoverLog, type SessionSource } from './recover.ts';

export interface PastDeps {
  readonly log: SessionLog;
  readonly source: SessionSource;
  readonly archive: {
    find(ref: SessionRef, text: string, upTo: number): Promise<readonly LoggedEvent[]>;
  };
}

/** The log without its events; a lost one is built anew first. Throws `session_not_found`, and what log and source throw. */
export async function logHead({ log, source }: PastDeps, ref: SessionRef): Promise<LogSlice> {
  const found = await log.read(ref, { limit: 0 });
  if (found) return found;
  await recoverLog(log, source, ref, START);
  const built = await log.read(ref, { limit: 0 });
  if (!built) throw new ConvokeError('log_unavailable', 'The session log was lost again. Try again.');
  return built;
}

/** The events with `after < seq <= upTo`, which the archive need not have. */
export async function eventsBetween(
  deps: PastDeps,
  ref: SessionRef,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<readonly LoggedEvent[]> {
  if (after >= upTo) return [];
  await logHead(deps, ref);
  const found: LoggedEvent[] = [];
  for (let from = after; from < upTo;) {
    const slice = await deps.log.read(ref, { after: from, limit: LIMITS.replayEvents });
    const last = slice?.events.at(-1)?.seq;
    if (!slice || last === undefined) break;
    found.push(...slice.events.filter(({ seq }) => seq <= upTo));
    from = last;
  }
  if (found.length === upTo - after) return found;
  // What the log has trimmed, the workflow holds until it is archived.
  const held = (await deps.source.known(ref))?.events ?? [];
  return assemble(after, [...found, ...held], [], upTo).filter(({ seq }) => seq <= upTo);
}

type Finder = (id: string) => Promise<LoggedEvent | undefined>;

/** Finds events of a session, as it is now, by their ids. */
async function finderOf(deps: PastDeps, ref: SessionRef): Promise<Finder> {
  const { position } = await logHead(deps, ref);
  const archivedTo = (await deps.source.session(ref))?.lastSeq ?? 0;
  const rest = await eventsBetween(deps, ref, { after: archivedTo, upTo: position.seq });
  return async (id) => {
    const isIt = (event: LoggedEvent): boolean => event.id === id;
    return rest.find(isIt) ?? (await deps.archive.find(ref, `"id":"${id}"`, archivedTo)).find(isIt);
  };
}

/** True if the session has an event of this id. Throws `session_not_found`, and what log, archive and source throw. */
export async function holds(deps: PastDeps, ref: SessionRef, id: string): Promise<boolean> {
  const find = await finderOf(deps, ref);
  return (await find(id)) !== undefined;
}

/** The last event before the turn of this message: before its start if it had to wait for it. Null: the session has no such message. */
export async function placeBefore(
  deps: PastDeps,
  ref: SessionRef,
  messageId: string,
): Promise<number | null> {
  const find = await finderOf(deps, ref);
  const accepted = await find(eventId.message(messageId));
  if (accepted?.type !== 'message.accepted') return null;
  const { queued, answers } = accepted.data;
  const waited = queued && answers === undefined;
  const start = waited ? await find(eventId.turnStarted(accepted.turn ?? '')) : undefined;
  // Nothing else happened while it waited: then the fork need not know of it either.
  const first = start && start.seq - 1 > accepted.seq ? start : accepted;
  return first.seq - 1;
}
