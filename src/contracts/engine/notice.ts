/** Notes on the channel of a session, from gateway to gateway. Anybody who can publish there can write anything. */
import { isShallow } from '../json.ts';
import { LIMITS } from '../limits/index.ts';
import type { PresentMember, PublishedNote, ReadNote, TypingNote } from '../presence.ts';

/** One change of who is present. `revision` grows by one with each: whoever misses one reads the list again. */
export interface PresentNotice {
  readonly kind: 'present';
  readonly revision: number;
  /** Absent: several have changed. `member` null: it is gone. */
  readonly field?: string;
  readonly member?: PresentMember | null;
}

/** The subject's subscriptions end, and it may not come back for so long. */
export interface KickNotice {
  readonly kind: 'kicked';
  readonly subject: string;
  readonly forMs: number;
}

export type SessionNote = TypingNote | ReadNote | PublishedNote | PresentNotice | KickNotice;

/** The same, as it is heard. */
export type HeardNote = SessionNote & { readonly session: string };

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isMaybeText = (value: unknown): boolean => value === undefined || isText(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function isPresentMember(value: unknown): value is PresentMember {
  if (!isFields(value)) return false;
  const { subject, connection, gateway, since, name, device, state } = value;
  return (
    [subject, connection, gateway].every(isText) && [name, device, state].every(isMaybeText) && isCount(since)
  );
}

const FORMS: Readonly<Record<SessionNote['kind'], (note: Fields) => boolean>> = {
  typing: ({ subject, name, on }) => isText(subject) && isMaybeText(name) && typeof on === 'boolean',
  read: ({ reads }) => isFields(reads) && Object.values(reads).every(isCount),
  published: ({ channel, data, from }) => isText(channel) && data !== undefined && isMaybeText(from),
  present: ({ revision, field, member }) =>
    isCount(revision) &&
    (field === undefined || (isText(field) && (member === null || isPresentMember(member)))),
  kicked: ({ subject, forMs }) => isText(subject) && isCount(forMs),
};

/** The note in a JSON text; null if it is none. */
export function noteOf(json: string): SessionNote | null {
  if (json.length > LIMITS.noticeChars) return null;
  try {
    const note: unknown = JSON.parse(json);
    if (!isFields(note) || !isText(note['kind']) || !Object.hasOwn(FORMS, note['kind'])) return null;
    const fits = FORMS[note['kind'] as SessionNote['kind']](note) && isShallow(note, LIMITS.jsonDepth + 2);
    return fits ? (note as unknown as SessionNote) : null; // safety: its form is checked
  } catch {
    return null;
  }
}
