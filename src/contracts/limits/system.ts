/** What operators are told of the deployment: `GET /v1/admin/system`. */
import { KIB, SECOND } from './units.ts';

export const SYSTEM = {
  /** A part that does not answer in this time is told as unknown. */
  systemAskMs: SECOND,
  /** An answer is reused for so long: asking costs Temporal a call for each task queue and kind. */
  systemFreshMs: 2 * SECOND,
  /** A worker tells of itself this often, and is forgotten after so long. */
  workerEveryMs: 5 * SECOND,
  /** After it has handed a turn over it tells that so much later, once for all of that time. */
  workerSoonMs: SECOND,
  workerTtlMs: 15 * SECOND,
  /** One that has gone without a word is remembered for so long, and of all of them so many rows are kept. */
  workerGoneMs: 10 * 60 * SECOND,
  workerRows: 512,
  /** What one worker tells, UTF-8 bytes of JSON; a longer one leaves out names, then turns. */
  workerBytes: 16 * KIB,
  /** Names of each kind (queues, agents, teams, tools, models) that a worker tells. */
  workerNames: 64,
  /** The longest running turns that a worker tells. */
  workerTurns: 8,
  /**
   * A worker tells of the last minutes: model endpoints, what turns needed that it does not have, turns that it
   * has handed over for that, turns that wait for a place.
   */
  recentMs: 5 * 60 * SECOND,
  workerEndpoints: 16,
  endpointCalls: 64,
  workerLacks: 16,
  workerHandedOver: 16,
  workerWaiting: 16,
  /** A turn that was to ask for its place again by then, and has not come for so much longer, waits no more, ms. */
  waitingGraceMs: 10 * SECOND,
  /** Troubles that one answer tells. */
  troublesTold: 64,
  /** Gateways that another one asks have so long to answer, and of so many the answers are taken. */
  fleetAskMs: SECOND,
  fleetAnswers: 128,
  /** Workers and task queues that one answer tells. */
  systemWorkers: 256,
  systemQueues: 32,
  /** Workers that a task queue names. */
  queuePollers: 16,
  /** Tenants on a page with what they use. */
  tenantUses: 50,
  /** Of each gateway: the busiest sessions that are followed there, and the tenants with the most refusals. */
  busySessions: 8,
  refusedTenants: 8,
  /** Refusals are counted over this span, in so many pieces. */
  refusedSpanMs: 60 * SECOND,
  refusedPieces: 6,
  /** Why a part is unknown, UTF-16 code units. */
  systemReasonChars: 300,
} as const;
