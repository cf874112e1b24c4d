/** What all parts of the gateway share. */
import type { SessionRef, Timeline } from '../contracts/index.ts';
import type { Delivery } from '../deliver/delivery.ts';
import type { Presence } from '../deliver/index.ts';
import type { FairQueue } from '../fair/index.ts';
import type { Administration, Eraser, Intake, Notes, Schedules } from '../ingest/index.ts';
import type { Audit, Principal, Refused, Tickets, Tokens } from '../tenants/index.ts';
import type { ShowPayloads } from './routes/codec.ts';
import type { LogLevels } from './routes/log-level.ts';
import type { ServedFiles } from './files.ts';
import type { Quota } from './quota.ts';
import type { Connections } from './connections.ts';
import type { LinksOf } from './links.ts';
import type { System } from './system.ts';
import type { Peers } from './edge/peers.ts';
import type { Refusals } from './edge/refusals.ts';
import type { Logger, Metrics } from '../telemetry/index.ts';
import type { Readiness } from './readiness.ts';

export interface GatewayContext {
  readonly intake: Intake;
  readonly schedules: Schedules;
  readonly notes: Notes;
  readonly tokens: Tokens;
  readonly tickets: Tickets;
  readonly admin: Administration;
  readonly audit: Audit;
  readonly refused: Refused;
  readonly eraser: Pick<Eraser, 'session' | 'tenant'>;
  readonly showPayloads: ShowPayloads;
  readonly levels: LogLevels;
  readonly delivery: Delivery;
  readonly presence: Presence;
  /** Where pages wait to be written. */
  readonly pages: FairQueue;
  /** Absent: this deployment has no place for them. */
  readonly files: ServedFiles | undefined;
  /** Where files wait to be stored, and to be sent. */
  readonly uploads: FairQueue;
  readonly downloads: FairQueue;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** All TCP connections. */
  readonly peers: Peers;
  readonly refusals: Refusals;
  readonly quota: Quota;
  /** All long-lived connections: sockets and event streams. */
  readonly connections: Connections;
  /** The timeline of a message, as far as the principal is told. Throws `message_not_found`, and what delivery throws. */
  timeline(
    principal: Principal,
    asked: { readonly ref: SessionRef; readonly messageId: string },
  ): Promise<Timeline>;
  /** Where a session is in the console and in Temporal's Web UI, as far as this deployment has them. */
  readonly linksOf: LinksOf;
  /** Tenants whose keys stand in the environment. */
  readonly environmentTenants: readonly string[];
  /** The deployment, for operators. */
  readonly system: System;
  /** May a request use this Host header? See `isSafeHost`. */
  allowsHost(host: string | undefined): boolean;
  /** May a page of this origin connect? `host`: the Host header of the request. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
}
