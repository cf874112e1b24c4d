/** What limits of tenants may be, and how they are kept. */
import { KIB, MINUTE, SECOND } from './units.ts';

export const QUOTA = {
  /** What any limit of a tenant may be at most: sums of it stay exact. */
  tenantLimitMost: 1e12,
  tenantWeightMost: 1_000,
  /** Of a rate a tenant may have so much at once if its limits do not say it. */
  burstMs: 10 * SECOND,
  /** The part of the operations of a tenant that one subject of session tokens may make if its limits do not say it. */
  subjectOperationsShare: 1 / 4,
  /** A file with limits of tenants; how often it is looked at. */
  limitsFileBytes: KIB * KIB,
  limitsLookMs: 1 * SECOND,
  /** A message that is sent again within this time counts once. */
  countedMs: 2 * MINUTE,
  /** Buckets that a gateway keeps itself while Redis is away; beyond, the one that is full first is forgotten. */
  awayBuckets: 10_000,
  /** A gateway tells the others of itself this often, and is forgotten after so long. */
  fleetEveryMs: 2 * SECOND,
  fleetTtlMs: 20 * SECOND,
  /** A gateway tells Redis of its connections this often, and they count for so long. */
  connectionsEveryMs: 10 * SECOND,
  connectionsTtlMs: 30 * SECOND,
  /** A worker tells Redis this often which turns it runs, and they keep their places for so long. */
  turnsEveryMs: 10 * SECOND,
  turnsTtlMs: 30 * SECOND,
  /** A turn that waits for a place is called when there is one. In case nobody calls, it asks itself: after so long at first. */
  placeLeastMs: 5 * SECOND,
  /** Later less often, and the less often the more wait before it: for each of them so long, and within so long. */
  placeEachMs: 1 * MINUTE,
  placeMostMs: 5 * MINUTE,
  /** Within this time it comes, or the next one is called. */
  placeClaimMs: 10 * SECOND,
  /** A turn in the line that does not ask for so long is forgotten. */
  placeForgetMs: 7 * MINUTE,
  /** Turns of a tenant in the line; further ones wait without a place there. Called at once. */
  placeLineTurns: 10_000,
  placeCalls: 32,
  /** Temporal's count of open sessions is used for so long. */
  openSessionsCachedMs: 1 * SECOND,
  /** Temporal may not know yet of sessions as young as that: they are counted in Redis, which keeps their places for longer than any count is used. */
  openSessionsYoungMs: 5 * SECOND,
  openSessionsKeptMs: 15 * SECOND,
  /** Of a tenant; if it opens more in that time, the oldest of them are left to Temporal. */
  openSessionsYoung: 256,
  /** Turns that begin so late, for want of a free worker, are told to gateways: how often, for how long that counts, of how many tenants. */
  turnWaitToldMs: 250,
  waitsEveryMs: SECOND / 2,
  waitsKeptMs: 5 * SECOND,
  waitsTold: 256,
  /** The newest turns of a tenant by which a worker knows how many begin, and those of them by which it knows how long they wait. */
  turnsMeasured: 256,
  waitsMeasured: 32,
  /** Of fewer nothing is told. What had waited when a worker that had begun none for longer than the gap begins one is not counted. */
  waitsLeast: 16,
  waitsGapMs: 2 * SECOND,
  /** Messages whose turns would begin later than that are refused: no more of a session wait, and of a tenant no more come in than turns begin. */
  turnWaitMs: 5 * SECOND,
  /** The smallest share of the turns that begin (smaller, and none would wait before that is known), and what a tenant may always send at once. */
  shedLeastShare: 0.7,
  shedBurst: 16,
  /** Who is refused is asked to come back after the wait, within these bounds, spread by half of it. */
  shedRetryLeastMs: 1 * SECOND,
  shedRetryMostMs: 10 * SECOND,
  /** Tenants of which a process remembers something for its limits; beyond, the least recently used is forgotten. */
  quotaTenants: 10_000,
  /** That a model call has been counted is remembered for so long: a command may be sent twice. */
  settledMs: 30 * SECOND,
  /** Tokens of an answer, for a reservation, if the agent does not say how long it may be; and characters of text for each token. */
  reservedAnswerTokens: 1_024,
  charsPerToken: 4,
  /** How often a model call that waits for Redis, to be reserved, asks again. */
  reserveAgainMs: 500,
} as const;
