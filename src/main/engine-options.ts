/** What a worker and a gateway share. */
import type { LogLevel } from '../telemetry/levels.ts';

export interface EngineOptions {
  /** `host:port`; default `TEMPORAL_ADDRESS`, else `127.0.0.1:7233`. */
  readonly temporalAddress?: string;
  /** Default `TEMPORAL_NAMESPACE`, else `default`. */
  readonly temporalNamespace?: string;
  /** Default `CONVOKE_TASK_QUEUE`, else `convoke`. The same for the workers and gateways of a session. */
  readonly taskQueue?: string;
  /** Of a cluster, the URLs of its nodes, separated by commas. Default `REDIS_URL`, else `redis://127.0.0.1:6379`. */
  readonly redisUrl?: string;
  /** `sqlite:path` or `postgres://…`; default `CONVOKE_ARCHIVE_URL`, else a file below `CONVOKE_HOME`. */
  readonly archiveUrl?: string;
  /** Where the master keys are that encrypt what is stored: `id=file:PATH`, …; default `CONVOKE_SEAL_KEYS`, else nothing is encrypted. */
  readonly sealKeys?: string;
  /** Where `GET /metrics` is answered, apart from anything else; default `CONVOKE_METRICS_PORT`, else nowhere. 0 picks a free one. */
  readonly metricsPort?: number;
  /** The address of `metricsPort`; default `CONVOKE_METRICS_HOST`, else `127.0.0.1`. */
  readonly metricsHost?: string;
  /** Of the JSON lines on stdout; default `CONVOKE_LOG_LEVEL`, else `info`. */
  readonly logLevel?: LogLevel;
}
