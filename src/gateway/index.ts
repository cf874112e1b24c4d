/** The gateway: REST, server-sent events and Socket.IO on one port; protocol translation and nothing else. */
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '../contracts/index.ts';
import type { Delivery } from '../deliver/delivery.ts';
import type { Presence } from '../deliver/index.ts';
import { FairQueue } from '../fair/index.ts';
import type { Administration, Intake, Notes, Schedules } from '../ingest/index.ts';
import { Connections } from './connections.ts';
import type { GatewayContext } from './context.ts';
import { drainGateway } from './drain.ts';
import { ownerOf } from './edge/owner.ts';
import { Peers } from './edge/peers.ts';
import { clientErrors } from './edge/client-errors.ts';
import { Refusals } from './edge/refusals.ts';
import { FleetAsk } from './fleet-ask.ts';
import type { LinksOf } from './links.ts';
import { gatewayTopic } from './own-status.ts';
import { NO_SYSTEM, System } from './system.ts';
import type { SystemPorts } from './system.ts';
import { readTimeline, traceOf, traceTopic } from './timelines.ts';
import type { AcceptedAt } from './timelines.ts';
import { createVitals, filesLimit } from './edge/vitals.ts';
import type { Vitals } from './edge/vitals.ts';
import { createApp } from './http.ts';
import { Refused } from '../tenants/index.ts';
import type { Audit, Principal, Tickets, Tokens } from '../tenants/index.ts';
import { NO_METRICS, type Logger, type Metrics } from '../telemetry/index.ts';
import { measureGateway } from './measure.ts';
import { isSafeHost, originCheck } from './origins.ts';
import type { ServedFiles } from './files.ts';
import { createReadiness } from './readiness.ts';
import type { Check } from './readiness.ts';
import { NO_LIMITS, type Quota } from './quota.ts';
import { NO_LEVELS, type LogLevels } from './routes/log-level.ts';
import type { Supervisor } from './routes/dev.ts';
import type { ShowPayloads } from './routes/codec.ts';
import type { GatewayServer } from './socket-client.ts';
import { createSockets } from './sockets.ts';
import type { SocketAdapter } from './sockets.ts';

export type { Check } from './readiness.ts';
export type { ServedFiles } from './files.ts';
export type { Quota } from './quota.ts';
export type { Supervisor } from './routes/dev.ts';
export type { SocketAdapter } from './sockets.ts';
export { answered } from './system.ts';
export type { SystemPorts } from './system.ts';

export interface Standing {
  refuses(principal: Principal): boolean;
  onChange(told: () => void): void;
}

export interface GatewayConfig {
  readonly intake: Intake;
  readonly schedules: Schedules;
  readonly notes: Notes;
  readonly tokens: Tokens;
  readonly tickets: Tickets;
  readonly admin: Administration;
  readonly audit: Audit;
  readonly eraser: GatewayContext['eraser'];
  /** Opens payloads of Temporal; absent: nothing is sealed. */
  readonly showPayloads?: ShowPayloads;
  /** How much all processes log for a while; absent: nobody can choose. */
  readonly levels?: LogLevels;
  /** Who is refused by now, and when to ask that of everybody who is connected. */
  readonly standing: Standing;
  /** Absent: this deployment has no place for files. */
  readonly files?: ServedFiles | undefined;
  /** Absent: tenants have no limits. */
  readonly quota?: Quota;
  readonly delivery: Delivery;
  readonly presence: Presence;
  readonly logger: Logger;
  /** Absent: nothing is counted. */
  readonly metrics?: Metrics;
  /** What `/readyz` depends on; a check rejects on failure and has 1 s. */
  readonly checks: Readonly<Record<string, Check>>;
  /** Shown in `/readyz` for information only: what a gateway can do without for a while, such as Redis. */
  readonly notices?: Readonly<Record<string, Check>>;
  /** Origins of pages that may connect, besides the gateway's own. */
  readonly origins: readonly string[];
  /** Pages from any port of this machine may connect. */
  readonly devMode: boolean;
  /** Static files for `/`. */
  readonly pageDir?: string;
  /** The built console, for `/console`. */
  readonly consoleDir?: string;
  /** Socket.IO adapter for control traffic between gateways; absent: this process only. */
  readonly adapter?: SocketAdapter;
  /** How many gateways hear a channel of it; absent: this process only. */
  readonly hearers?: (channel: string) => Promise<number>;
  /** Names this gateway in timelines; default `gateway`. */
  readonly name?: string;
  /** When Temporal had persisted a message that came in here; absent: not known. */
  readonly acceptedAt?: AcceptedAt;
  /** Absent: it is not told where sessions are in the console and the Web UI. */
  readonly linksOf?: LinksOf;
  /** Tenants whose keys stand in the environment; absent: none. */
  readonly environmentTenants?: readonly string[];
  /** What operators are told of the deployment; absent: of the gateways alone. */
  readonly system?: SystemPorts;
  /** Kills and restarts the processes of a development stack; only used in dev mode. */
  readonly supervisor?: Supervisor | undefined;
}

export interface Gateway {
  /** Resolves when connections are accepted; `port` 0 picks a free one. Rejects with Node's error (`EADDRINUSE`, …). */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  /** Stops the gateway, see `drainGateway`; called again, it waits for the same end. `delivery` is not stopped. */
  drain(): Promise<void>;
}

/** Longer than usual load balancers keep a connection, so that they close it first, ms. */
const KEEP_ALIVE_MS = 65_000;

async function listen(server: HttpServer, port: number, host: string): Promise<{ readonly port: number }> {
  // Beyond that the system would refuse connections without a word, and other files too.
  server.maxConnections = (await filesLimit()) - LIMITS.sparedFiles;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port };
}

/** What gateways ask each other: what they know of a message, and how they are. */
function fleetOf(
  config: GatewayConfig,
  {
    context,
    vitals,
    io,
  }: { readonly context: GatewayContext; readonly vitals: Vitals; readonly io: GatewayServer },
): Pick<GatewayContext, 'timeline' | 'system'> {
  const { delivery, audit, name = 'gateway', system: ports = NO_SYSTEM } = config;
  const { acceptedAt = () => undefined, hearers = async () => 1, quota = NO_LIMITS } = config;
  const knows = { gateway: name, delivery, acceptedAt };
  const traces = new FleetAsk(io, traceTopic(traceOf.bind(null, knows)), hearers);
  const { version } = ports;
  const own = { name, version, vitals, refused: () => ports.refused() };
  const fleet = new FleetAsk(io, gatewayTopic(context, own), hearers);
  return {
    timeline: (principal, asked) =>
      readTimeline(
        {
          delivery,
          fleet: traces,
          workers: () => ports.workers(),
          holders: (tenant) => quota.holders(tenant),
        },
        principal,
        asked,
      ),
    system: new System({ name, ports, fleet, audit }),
  };
}

function serverFor(peers: Peers): HttpServer {
  return createServer({
    headersTimeout: LIMITS.headMs,
    requestTimeout: LIMITS.requestMs,
    connectionsCheckingInterval: LIMITS.lookMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Any other, such as h2c, is answered as if it were not there (RFC 9110, 7.8). So is one sent ahead of an answer, which would get that answer
    // inside of the WebSocket.
    shouldUpgradeCallback: ({ headers, socket }) =>
      headers.upgrade?.toLowerCase() === 'websocket' && !peers.of(socket).isAsking,
  });
}

export function createGateway(config: GatewayConfig): Gateway {
  const { intake, schedules, tokens, admin, audit, delivery, logger, devMode } = config;
  const { standing, pageDir, consoleDir, supervisor } = config;
  const connections = new Connections((principal) => standing.refuses(principal));
  standing.onChange(() => connections.endRefused());
  /** Known once the gateway listens. */
  let bound = 'localhost';
  const vitals = createVitals();
  const context: GatewayContext = {
    intake,
    schedules,
    notes: config.notes,
    tokens,
    tickets: config.tickets,
    admin,
    audit,
    refused: new Refused(audit),
    ...{ eraser: config.eraser, levels: config.levels ?? NO_LEVELS },
    showPayloads: config.showPayloads ?? (async (_tenant, payloads) => payloads),
    quota: config.quota ?? NO_LIMITS,
    linksOf: config.linksOf ?? (() => ({})),
    environmentTenants: config.environmentTenants ?? [],
    delivery,
    presence: config.presence,
    pages: new FairQueue(LIMITS.fair.pages),
    files: config.files,
    uploads: new FairQueue(LIMITS.fair.uploads),
    downloads: new FairQueue(LIMITS.fair.downloads),
    logger,
    metrics: config.metrics ?? NO_METRICS,
    readiness: createReadiness({ ...config.checks, ...vitals.checks }, config.notices),
    peers: new Peers(logger),
    refusals: new Refusals(logger, config.metrics),
    connections,
    allowsOrigin: originCheck(config),
    allowsHost: (host) => !devMode || isSafeHost(host, bound),
    // Both take the sockets, which take this.
    timeline: (principal, asked) => fleet.timeline(principal, asked),
    get system() {
      return fleet.system;
    },
  };
  measureGateway(context);
  const server = serverFor(context.peers);
  server.on('clientError', clientErrors(context.peers));
  server.on('request', createApp(context, { devMode, pageDir, consoleDir, supervisor }));
  const io = createSockets(context, server, config.adapter);
  const fleet = fleetOf(config, { context, vitals, io });
  context.peers.watch(server, (req) => ownerOf(intake, req));
  let drained: Promise<void> | undefined;
  return {
    listen(port, host) {
      bound = host;
      return listen(server, port, host);
    },
    drain: () => (drained ??= drainGateway(context, io, server)),
  };
}
