/** What the workflow of a session is asked, and how it answers: see `workflows/questions.ts`. */
import type { OpenApproval } from '../approval.ts';
import type { Receipt } from '../message.ts';
import type { SessionState } from '../session.ts';
import type { KnownEventsPage } from './session.ts';

export type Question =
  | { readonly ask: 'approvals' }
  | { readonly ask: 'state' }
  /** Events from this index on. */
  | { readonly ask: 'events'; readonly from: number }
  | { readonly ask: 'receipt'; readonly messageId: string };

/** By question. A receipt is null if the workflow does not know the message. */
export interface Answers {
  readonly approvals: readonly OpenApproval[];
  readonly state: SessionState;
  readonly events: KnownEventsPage;
  readonly receipt: Receipt | null;
}

/** The type of the failure whose details are the answers. */
export const ANSWERED = 'answered';

export function isQuestions(value: unknown): value is readonly Question[] {
  return Array.isArray(value) && value.every(isQuestion);
}

function isQuestion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { ask, from, messageId } = value as Partial<Record<string, unknown>>; // safety: read as unknown
  if (ask === 'events') return Number.isInteger(from);
  if (ask === 'receipt') return typeof messageId === 'string';
  return ask === 'approvals' || ask === 'state';
}
