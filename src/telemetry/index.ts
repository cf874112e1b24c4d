/** Telemetry: what the processes report to their operator. */
export { LOG_LEVELS } from './levels.ts';
export type { LogLevel } from './levels.ts';
export { createLogger } from './logger.ts';
export type { Decisions, Logger } from './logger.ts';
export { messageSpan, NO_SPANS, orchestrateSpan, randomSpanId, spanIdOf, traceIdOf } from './spans.ts';
export type { Span, SpanAttributes, Spans } from './spans.ts';
export { METRICS, NO_METRICS, secondsSince } from './metrics.ts';
export type { Metrics, Readings } from './metrics.ts';
