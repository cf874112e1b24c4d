/** The plan of a development stack: options, environment and ports, checked before anything is started. */
import { CliError } from '../failure.ts';
import { freePort, portProblem } from './ports.ts';
import { redisProbe, tcpProbe } from './probe.ts';
import type { Probe } from './probe.ts';
import { requirePorts } from './required-ports.ts';
import type { WantedPort } from './required-ports.ts';
import { gatewayUrl } from './specs.ts';
import type { ProcessState } from './state.ts';
import { setting } from '../environment.ts';
import { redisUrlFault } from '../redis-url.ts';
import type { Environment } from '../environment.ts';

export interface DevOptions {
  readonly gateways: number;
  readonly workers: number;
  readonly port: number;
  readonly host: string;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  /** Undefined: the default port, or the next free one. */
  readonly redisPort: number | undefined;
  /** The configuration file; undefined: the one in the working folder, if there is one. */
  readonly config?: string | undefined;
  readonly demo: boolean;
  readonly json: boolean;
}

export interface DevPlan {
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    /** Null for a server that somebody else runs. */
    readonly own: { readonly port: number; readonly uiPort: number; readonly httpPort: number } | null;
  };
  /** `ownPort`: null for an external Redis. */
  readonly redis: { readonly url: string; readonly ownPort: number | null };
  readonly gatewayPorts: readonly number[];
  readonly workerPorts: readonly number[];
  readonly host: string;
  /** The first gateway. */
  readonly url: string;
  /** External servers. */
  readonly external: readonly ProcessState[];
}

const REDIS_PORT = 6379;
/** How many ports after the default one are tried. */
const REDIS_PORTS = 20;

/** Throws `port_in_use`, `port_forbidden`, `temporal_unreachable`, `redis_unreachable`. */
export async function planStack(
  options: DevOptions,
  env: Environment,
  reach: (probe: Probe) => Promise<boolean>,
): Promise<DevPlan> {
  const { port, host, gateways, workers } = options;
  const address = setting(env, 'TEMPORAL_ADDRESS');
  const redisUrl = setting(env, 'REDIS_URL');
  const gatewayPorts = Array.from({ length: gateways }, (_, index) => port + index);
  await requirePorts(
    wantedPorts(options, gatewayPorts, { temporal: address === undefined, redis: redisUrl === undefined }),
  );
  const external = await externalServers(address, redisUrl, reach);
  const redisPort = redisUrl ? null : (options.redisPort ?? (await redisPortNear(REDIS_PORT)));
  const own = { port: options.temporalPort, uiPort: options.temporalUiPort, httpPort: await freePort() };
  return {
    temporal: {
      address: address ?? `127.0.0.1:${options.temporalPort}`,
      namespace: setting(env, 'TEMPORAL_NAMESPACE') ?? 'default',
      own: address ? null : own,
    },
    redis: { url: redisUrl ?? `redis://127.0.0.1:${redisPort ?? REDIS_PORT}`, ownPort: redisPort },
    gatewayPorts,
    workerPorts: await Promise.all(Array.from({ length: workers }, () => freePort())),
    host,
    url: gatewayUrl(host, port),
    external,
  };
}

function wantedPorts(
  options: DevOptions,
  gatewayPorts: readonly number[],
  own: { readonly temporal: boolean; readonly redis: boolean },
): readonly WantedPort[] {
  const { temporalPort, temporalUiPort, redisPort, host } = options;
  const gateways = gatewayPorts.map((port, index) => ({
    port,
    purpose: `gateway-${index + 1}`,
    choose: '--port or CONVOKE_PORT',
    host,
  }));
  const temporal = [
    { port: temporalPort, purpose: 'Temporal', choose: '--temporal-port' },
    { port: temporalUiPort, purpose: "Temporal's Web UI", choose: '--temporal-ui-port' },
  ];
  const redis =
    redisPort === undefined || !own.redis
      ? []
      : [{ port: redisPort, purpose: 'Redis', choose: '--redis-port' }];
  return [...gateways, ...(own.temporal ? temporal : []), ...redis];
}

async function redisPortNear(first: number): Promise<number> {
  for (let port = first; port < first + REDIS_PORTS; port++) {
    if ((await portProblem(port)) === null) return port;
  }
  return freePort();
}

async function externalServers(
  address: string | undefined,
  redisUrl: string | undefined,
  reach: (probe: Probe) => Promise<boolean>,
): Promise<readonly ProcessState[]> {
  const servers: ProcessState[] = [];
  if (address) servers.push(server('temporal', tcpProbe(address)));
  if (redisUrl) {
    const fault = redisUrlFault(redisUrl);
    if (fault !== null) throw new CliError('bad_address', `REDIS_URL: ${fault}`);
    servers.push(server('redis', redisProbe(redisUrl)));
  }
  const variable = { temporal: 'TEMPORAL_ADDRESS', redis: 'REDIS_URL' } as const;
  for (const { kind, probe } of servers) {
    if (!(await reach(probe)) && (kind === 'temporal' || kind === 'redis')) {
      throw new CliError(
        `${kind}_unreachable`,
        `${variable[kind]} is set, but no server answers there: start it, or unset the variable to have one started.`,
      );
    }
  }
  return servers;
}

function server(kind: 'temporal' | 'redis', probe: Probe): ProcessState {
  return { name: kind, kind, port: probe.kind === 'http' ? 0 : probe.port, probe };
}
