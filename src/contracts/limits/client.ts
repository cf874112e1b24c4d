/** What clients keep to, too. Apart from the others: a page that has the SDK loads these alone. */
import { KIB, SECOND } from './units.ts';

export const CLIENT = {
  /** One REST body or socket frame. Also Socket.IO's `maxHttpBufferSize`. */
  requestBytes: 64 * KIB,
  /** Messages that may wait in a session; further ones are rejected with `inbox_full`. */
  inboxMessages: 80,
  /** Sessions that one socket may be subscribed to. */
  subscriptionsPerSocket: 32,
  /** Entries of a view: the newest messages and steps. As much feedback. */
  snapshotEntries: 200,
  /** Somebody types for so long after a note that says so; who goes on is told again this often. */
  typingMs: 6 * SECOND,
  typingEveryMs: 3 * SECOND,
} as const;
