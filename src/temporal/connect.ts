/** A gateway's connection to Temporal: it gives up early and reconnects quickly. */
import { makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { GRPC } from './errors.ts';

/** Attempts of one call: a broken connection is retried, a busy server is not. */
const RETRIED: ReadonlySet<number> = new Set([GRPC.unavailable]);
const TRIES = 4;
const FIRST_PAUSE_MS = 40;

/**
 * Options for `Connection.connect` or `Connection.lazy` of a gateway. The client's default of ten retries would hold a request for tens
 * of seconds; with these a call ends at its deadline, and a refused connection is retried within a second.
 */
export function ingressConnectionOptions(): Pick<ConnectionOptions, 'interceptors' | 'channelArgs'> {
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => RETRIED.has(status.code) && attempt < TRIES,
    delayFunction: (attempt) => FIRST_PAUSE_MS * 2 ** (attempt - 1),
  });
  return {
    interceptors: [retry],
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.dns_min_time_between_resolutions_ms': 1_000,
      // The server refuses pings that come more often than every 10 s.
      'grpc.keepalive_time_ms': 15_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.keepalive_permit_without_calls': 1,
    },
  };
}
