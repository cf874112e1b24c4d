/** What a process reports to its operator. */
import { SECOND } from './units.ts';

export const TELEMETRY = {
  /** Tenants with series of their own; what the others do is counted together. */
  metricTenants: 50,
  /** Tenants whose traffic is compared with theirs. */
  metricTenantsSeen: 1_000,
  /** How often the tenants with the most traffic are chosen anew. */
  metricRankMs: 60 * SECOND,
  /** Series of one metric; what would be one more is counted under the value `other` of each label. */
  metricSeries: 2_000,
  /** What a scrape asks others, such as Temporal, is left out if it takes longer. */
  metricAskMs: 1 * SECOND,
  /** What they have answered is told again for so long. */
  metricAskedMs: 10 * SECOND,
  /** How often metrics are pushed where they are pushed. */
  metricPushMs: 15 * SECOND,
  metricPushLeastMs: 1 * SECOND,
  metricPushMostMs: 300 * SECOND,
  /** Spans that wait to be sent; more are dropped. */
  spansWaiting: 2_048,
  spansSent: 512,
  spanPushMs: 2 * SECOND,
  spanPushWithinMs: 5 * SECOND,
  /** Of a text in a span, where texts are recorded; UTF-16 code units. */
  spanTextChars: 8_192,
  /** How long processes log more or less than they were configured to. */
  logLevelMinutes: 15,
  logLevelMostMinutes: 1_440,
  /** How often each process looks whether it should. */
  logLevelEveryMs: 5 * SECOND,
} as const;
