/** Telemetry: what the processes report to their operator. */
export { createLogger, LOG_LEVELS } from './logger.ts';
export type { Logger, LogLevel } from './logger.ts';
