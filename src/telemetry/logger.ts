/** Structured logs: one JSON object per line on stdout. */
import { pino, stdSerializers } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { withoutCredentials } from '../contracts/index.ts';
import type { LogLevel } from './levels.ts';

/** Where a component reports to the operator. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where it reports each decision about a message, a turn, a step or a subscription: nothing unless the level is `debug`. */
export interface Decisions {
  debug(fields: object, message: string): void;
}

/**
 * A logger of one process, to stdout unless another `destination` is given. `role` (`gateway`, `worker`) is part of every line; times are
 * ISO 8601. Text of messages is never logged, and no user or password of a URL, whoever wrote the error that holds it.
 */
export function createLogger(role: string, level: LogLevel, destination?: DestinationStream): PinoLogger {
  const options = {
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // `error` is Temporal's name for it; without a serializer an error is `{}`.
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
    hooks: { streamWrite: withoutCredentials },
  };
  return destination ? pino(options, destination) : pino(options);
}
