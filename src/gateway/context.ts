/** What every part of the gateway works with. */
import type { Delivery } from '../deliver/delivery.ts';
import type { Intake } from '../ingest/index.ts';
import type { Connections } from './connections.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Readiness } from './readiness.ts';

export interface GatewayContext {
  readonly intake: Intake;
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly readiness: Readiness;
  /** Everyone who is connected for long: sockets and event streams. */
  readonly connections: Connections;
  /** May a request call us by this name, its Host header? See `isSafeHost`. */
  allowsHost(host: string | undefined): boolean;
  /** May a page of this origin talk to us? `host`: the Host header of the request. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
}
