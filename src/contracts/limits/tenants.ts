/** What session tokens may be. */
import { DAY, KIB, MINUTE, SECOND } from './units.ts';

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
  /** Life of a ticket that opens an event stream. */
  ticketMs: 30 * SECOND,
  /** Keys of an issuer are read again after so long; an issuer that is asked more often than that (unknown keys) at most once in a pause. */
  issuerKeysMs: 10 * MINUTE,
  issuerPauseMs: 30 * SECOND,
  /** An issuer has so long to answer, and so many bytes. */
  issuerMs: 3 * SECOND,
  issuerBytes: 256 * KIB,
} as const;
