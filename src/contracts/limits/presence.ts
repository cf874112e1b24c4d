/** Who is present, and what is told beside the log. */
import { DAY, HOUR, KIB, MINUTE, SECOND } from './units.ts';

export const PRESENCE = {
  /** `data` of a publish, UTF-8 bytes of JSON; and a notice of any kind (the longest has `reads` positions), UTF-16 code units. */
  publishBytes: 8 * KIB,
  noticeChars: 512 * KIB,
  deviceChars: 64,
  /** Connections that are present in one session; and those of them that an answer lists, the first to come. */
  present: 1_000,
  presentListed: 200,
  /** Changes of who is present are collected for so long, so that a crowd that comes at once is not told one by one. */
  presenceBatchMs: 100,
  /** The list of a session expires after this; a gateway that has members in it states them again this often. */
  presenceTtlMs: 2 * HOUR,
  presenceStatedMs: 30 * MINUTE,
  /** A gateway that has said nothing of itself for so long is taken to have crashed (it does every `fleetEveryMs`). */
  gatewayMs: 6 * SECOND,
  /** How often a socket may say, in each session, that somebody types, joins or changes. */
  presencePace: { perSecond: 1, burst: 8 },
  /** What may be published in one session through one gateway; and sessions that are counted. */
  publishes: { perSecond: 100, burst: 200 },
  publishingSessions: 4_096,
  /** Read positions are written this often, those of a session together; so many subjects are kept, for so long after the last change. */
  readsEveryMs: 1 * SECOND,
  reads: 1_000,
  /** Sessions whose positions wait in one gateway while Redis is away. */
  readSessions: 10_000,
  readsTtlMs: 7 * DAY,
  /** How long somebody who was removed may not come back: by default and at most; and how many are remembered for a session. */
  kickMs: 1 * MINUTE,
  kickMostMs: 30 * DAY,
  kicks: 1_000,
} as const;
