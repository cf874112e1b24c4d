/** Timelines of messages: what is stamped, remembered and told. */
import { KIB, SECOND } from './units.ts';

export const TIMELINE = {
  /** Name of a process in an event, UTF-16 code units: `pid@host`. */
  processChars: 80,
  /** Names of a model endpoint and a model in an event, UTF-16 code units each. */
  asksChars: 128,
  /** Waits that one event tells. */
  waitsTold: 4,
  /** Less time between two steps is not told as a gap, ms. */
  timelineGapMs: 20,
  /** Spans of one timeline; the shortest are left out. */
  timelineSpans: 256,
  /** Turns that a message waited for, as a span names them: the newest. */
  timelineBehind: 16,
  /** Turns in front of a message of which a span tells what held them: those that were in front longest. */
  timelineFront: 8,
  /** Turns that hold the places of their tenant, as a span names them that waits for one. */
  timelineHolders: 8,
  /** Events before a queued message that are searched for what the turns in front of it do, and of all their events how many are kept. */
  timelineBefore: 400,
  /** Events of a session that are read for one timeline, and of those how many are kept; and their text, UTF-16 code units of JSON. */
  timelineEvents: 4_000,
  timelineKept: 1_000,
  timelineChars: 16 * KIB * KIB,
  /** Newest messages of which a gateway remembers when they came in, and what refused them. */
  arrivalsKept: 4_096,
  /** Of a followed session a gateway remembers: when it sent the newest events, connections that have left, and of each the newest acknowledgements. */
  pushesKept: 128,
  leftKept: 16,
  acknowledgedKept: 16,
  /** Sessions that nobody follows any more, of which it remembers that. */
  pushedSessions: 256,
  /** Connections that a gateway names for one timeline. */
  tracedConnections: 32,
  /** A connection is asked at most so often whether its client has what was sent, ms. */
  acknowledgeEveryMs: SECOND,
} as const;
