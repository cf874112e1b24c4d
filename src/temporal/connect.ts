/** A gateway's connection to Temporal: it gives up early and reconnects quickly. */
import { makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { GRPC } from './errors.ts';

/** Attempts of one call: a broken connection is retried, a busy server is not, but for a workflow that is about to go on in another run. */
const RETRIED: ReadonlySet<number> = new Set([GRPC.unavailable]);
const TRIES = 4;
const FIRST_PAUSE_MS = 40;
/**
 * A workflow that wanted to end its run (continue as new, hibernate) and found a new signal first takes no further ones until its next task is
 * done, which may take as long as a quick turn. The same request is welcome then. In all less than `RECOVERY.ingressDeadlineMs`.
 */
const CLOSING_TRIES = 14;
const CLOSING_PAUSE_MS = 100;

/** Source: `ErrWorkflowClosing` in service/history/consts of the server. */
function isClosing({ code, details }: { readonly code: number; readonly details: string }): boolean {
  return code === GRPC.resourceExhausted && /workflow is closing/i.test(details);
}

/**
 * Options for `Connection.connect` or `Connection.lazy` of a gateway. The client's default of ten retries would hold a request for tens
 * of seconds; with these a call ends at its deadline, and a refused connection is retried within a second.
 */
export function ingressConnectionOptions(): Pick<ConnectionOptions, 'interceptors' | 'channelArgs'> {
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) =>
      isClosing(status) ? attempt < CLOSING_TRIES : RETRIED.has(status.code) && attempt < TRIES,
    delayFunction(attempt, status) {
      const pauseMs = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      return isClosing(status) ? Math.min(pauseMs, CLOSING_PAUSE_MS) : pauseMs;
    },
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
