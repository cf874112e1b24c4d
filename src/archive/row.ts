/**
 * How events and infos are stored: as JSON text. Not as a JSON type of the database, which may refuse what JavaScript strings can hold (a
 * NUL, half a surrogate pair); the text holds them as escapes.
 */
import type { LoggedEvent, SessionInfo } from '../contracts/index.ts';

export function encode(value: LoggedEvent | SessionInfo): string {
  return JSON.stringify(value);
}

export function decodeEvent(text: string): LoggedEvent {
  return JSON.parse(text) as LoggedEvent; // safety: only `encode` writes the column.
}

export function decodeInfo(text: string): SessionInfo {
  return JSON.parse(text) as SessionInfo; // safety: only `encode` writes the column.
}
