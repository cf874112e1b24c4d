/** Structured logs: one JSON object a line on stdout, for whatever collects them. */
import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/** Levels that `createLogger` takes. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A logger of one process. `role` (`gateway`, `worker`) stands in every line; times are ISO 8601. Text of messages is never logged. */
export function createLogger(role: string, level: LogLevel): Logger {
  return pino({
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
