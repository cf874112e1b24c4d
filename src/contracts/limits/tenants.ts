/** What session tokens may be. */
import { DAY, MINUTE, SECOND } from './units.ts';

export const TENANTS = {
  /** Life of a session token if the mint names none, the shortest and the longest. */
  tokenMs: 10 * MINUTE,
  tokenLeastMs: 30 * SECOND,
  tokenMostMs: 1 * DAY,
  /** A secret that signs them has at least as many bytes. */
  tokenSecretBytes: 32,
  /** Verified tokens that a gateway remembers; beyond, the first one is forgotten. */
  tokensKnown: 4_096,
  /** Sessions, or beginnings of their ids, in one token. */
  tokenSessions: 32,
  /** A socket goes on for so long after the end of its token: the client brings another one meanwhile. */
  tokenGraceMs: 25 * SECOND,
  /** A socket is asked for another token when this share of the rest of its life is over; not within so few ms. */
  tokenRenewShare: 0.75,
  tokenRenewLeastMs: 500,
} as const;
