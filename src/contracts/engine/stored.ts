/** What the archive keeps of a session while no workflow runs it. Pure. */
import { eventId } from '../ids.ts';
import { openingRoster, rosterState } from '../member.ts';
import type { SessionInfo, SessionState } from '../session.ts';
import type { SessionRef } from '../ids.ts';
import type { CarriedState } from './session.ts';

/** What a session goes on with once it is woken or reopened. Nothing runs or waits in it, and all its events are in the archive. */
export interface StoredState {
  readonly status: 'hibernated' | 'closed';
  /** When it was stored, ms since the Unix epoch; later ones are higher. A late attempt to store an earlier one changes nothing. */
  readonly generation: number;
  /** Of the request that opened the session. */
  readonly requestHash: string;
  readonly carried: CarriedState;
}

export interface StoredSession extends StoredState {
  /** With those who take part. */
  readonly info: SessionInfo;
}

/** What a reopened session goes on with; one that is not closed stays as it is. `at`: now, ms since the Unix epoch. */
export function reopened({ status, generation, carried }: StoredState, at: number): CarriedState {
  if (status !== 'closed') return carried;
  const id = eventId.sessionReopened(`closed:${generation}`);
  return {
    ...carried,
    ...{ status: 'open', closeReason: '', closedBefore: true },
    outbox: [{ id, type: 'session.reopened', at, data: {} }],
  };
}

/** The session as clients are told it while it is stored. */
export function storedState(
  { tenant, session }: SessionRef,
  { status, info, carried }: StoredSession,
): SessionState {
  const { known, archivedTo, turns, roster = openingRoster(info.agents) } = carried;
  return {
    ...{ tenant, session, status, team: info.team, ...rosterState(roster), createdAt: info.createdAt },
    ...{ known, archivedTo, turns, queued: 0, historyEvents: 0 },
  };
}
