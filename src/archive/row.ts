/**
 * How events, infos and states are stored: as JSON text. Not as a JSON type of the database, which may refuse what JavaScript strings can hold
 * (a NUL, half a surrogate pair); the text holds them as escapes.
 */
import type { LoggedEvent, SessionInfo, StoredSession, StoredState } from '../contracts/index.ts';
import type { ArchivedSession } from './archive.ts';

/** Of a session `s`, in SQL: the newest of its events. A state with another `seq` counts no longer. */
export const LAST =
  '(SELECT max(seq) FROM convoke_event e WHERE e.tenant = s.tenant AND e.session = s.session)';

export function encode(value: LoggedEvent | SessionInfo | StoredState): string {
  return JSON.stringify(value);
}

export function decodeEvent(text: string): LoggedEvent {
  return JSON.parse(text) as LoggedEvent; // safety: only `encode` writes the column.
}

/** A row of what an archive knows of a session. */
export interface SessionRow {
  readonly info: string;
  readonly last: unknown;
  /** Of the state, as columns; null: there is none. */
  readonly status: string | null;
  readonly epoch: unknown;
  readonly seq: unknown;
  /** The info, with those who took part when the state was stored. */
  readonly newest: string | null;
}

export function decodeSession({ info, last, status, epoch, seq, newest }: SessionRow): ArchivedSession {
  const lastSeq = Number(last ?? 0);
  if (status === null || newest === null || Number(seq) !== lastSeq)
    return { info: decodeInfo(info), lastSeq };
  const known = { epoch: Number(epoch), seq: lastSeq };
  // safety: only `store` writes the column.
  return { info: decodeInfo(newest), lastSeq, stored: { status: status as StoredState['status'], known } };
}

export function decodeStored(info: string, body: string): StoredSession {
  return { ...(JSON.parse(body) as StoredState), info: decodeInfo(info) }; // safety: only `encode` writes the column.
}

export function decodeInfo(text: string): SessionInfo {
  return JSON.parse(text) as SessionInfo; // safety: only `encode` writes the column.
}
