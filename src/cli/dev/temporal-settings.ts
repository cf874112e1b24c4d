/** How a Temporal dev server is set up for sessions. */
import { SEARCH_ATTRIBUTES } from '../../contracts/index.ts';

/**
 * Measured: eager activities halve the way to the first token, one partition a queue and the raised rates keep a small server fast. Fairness
 * costs nothing while a machine is idle and turns 2.8 s behind another tenant's flood into 0.14 s. A timer that is late by the default second
 * makes every retry and every noticed crash late by it: an agent's second attempt begins 0.14 s after its first instead of 1.0 s.
 */
const DYNAMIC_CONFIG: Readonly<Record<string, number | boolean | string>> = {
  'system.enableActivityEagerExecution': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  'frontend.rps': 50_000,
  'frontend.namespaceRPS': 50_000,
  'frontend.namespaceCount': 20_000,
  'frontend.namespaceRPS.visibility': 1_000,
  'history.rps': 50_000,
  'history.maxInFlightUpdates': 100,
  // Gateways ask a workflow at the same moment when a log was lost; the default refuses the second question that waits.
  'history.maxBufferedQueryCount': 100,
  'history.timerProcessorMaxTimeShift': '100ms',
  'matching.rps': 50_000,
  // Every hop of a turn passes a queue of its shard, and a dev server has one shard. At the default of 20 reads a second a session that asks
  // again at once waits up to 50 ms for each: 10 turns a second instead of 37. All queues of a host together are bounded by their share of
  // `history.persistenceMaxQPS` (0.3 × 45,000 here), which one shard does not reach.
  // Source: common/dynamicconfig/constants.go and service/history/queue_factory_base.go of the server.
  'history.transferProcessorMaxPollRPS': 5_000,
  'history.timerProcessorMaxPollRPS': 5_000,
  'history.visibilityProcessorMaxPollRPS': 5_000,
  // The CLI turns this on, so that a new search attribute is usable at once, at the price of 2.5 of the 18.8 database requests of a turn.
  // Ours are there from the start; one that is created later is usable within 60 s. Off by default in production.
  'system.forceSearchAttributesCacheRefreshOnRead': false,
};

/** Of the server's process. Measured: collecting garbage later spares 7 % of its CPU; its memory grows from 140 to 295 MB. */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = { GOGC: '400' };

/** Measured: twice the throughput of a file without them. */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/** Flags of `temporal server start-dev`: dynamic configuration, and the search attributes by which sessions are found. */
export function serverSettings(): readonly string[] {
  return [
    // The server reads each value as JSON.
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
    ...Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

/** Flags that make it keep its data in a file. */
export function fileSettings(file: string): readonly string[] {
  return ['--db-filename', file, ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma])];
}
