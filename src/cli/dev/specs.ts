/** How each process of a development stack is started. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIMITS, RECOVERY } from '../../contracts/index.ts';
import type { ChildSpec } from './child.ts';
import { fileSettings, SERVER_ENVIRONMENT, serverSettings } from './temporal-settings.ts';

const HOST = '127.0.0.1';
/** This program's file: workers and gateways are other commands of the same program. */
export const COMMAND = fileURLToPath(new URL('../../../../bin/convoke.mjs', import.meta.url));
/** How long a server may take to write its data and end, ms. */
const SERVER_STOP_MS = 10_000;
/** More than a role's own grace period, ms. */
const ROLE_SLACK_MS = 7_000;

/**
 * Of a worker's process. Temporal's Rust core takes a quarter of a worker's CPU, and JavaScript's threads are busy before one thread of it
 * is. Measured on 2 cores: 7 % less CPU, and the last token comes 11 % earlier.
 */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = { TOKIO_WORKER_THREADS: '1' };

export interface TemporalPlan {
  readonly program: string;
  readonly home: string;
  readonly namespace: string;
  readonly port: number;
  readonly uiPort: number;
  /** Of its HTTP interface, which tells when the namespace is there. */
  readonly httpPort: number;
}

const logOf = (home: string, name: string): string => join(home, 'logs', `${name}.log`);

export function temporalSpec(plan: TemporalPlan, env: NodeJS.ProcessEnv): ChildSpec {
  const { program, home, namespace, port, uiPort, httpPort } = plan;
  const args = [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--namespace', namespace],
    ...['--ui-port', String(uiPort), '--http-port', String(httpPort)],
    ...['--log-level', 'error', ...serverSettings(), ...fileSettings(join(home, 'temporal.db'))],
  ];
  return {
    name: 'temporal',
    kind: 'temporal',
    command: program,
    args,
    env: { ...SERVER_ENVIRONMENT, ...env },
    port,
    probe: { kind: 'http', url: `http://${HOST}:${httpPort}/api/v1/namespaces/${namespace}` },
    log: logOf(home, 'temporal'),
    stopMs: SERVER_STOP_MS,
  };
}

/**
 * With an append-only file, so that sessions continue where they were after a restart. It would work without (the logs would be rebuilt from
 * Temporal and the archive), but readers would have to take a snapshot.
 */
export function redisSpec(program: string, home: string, port: number, env: NodeJS.ProcessEnv): ChildSpec {
  const settings = {
    port: String(port),
    bind: HOST,
    dir: join(home, 'redis'),
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  };
  return {
    name: 'redis',
    kind: 'redis',
    command: program,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    env,
    port,
    probe: { kind: 'redis', host: HOST, port },
    log: logOf(home, 'redis'),
    stopMs: SERVER_STOP_MS,
  };
}

/** Several processes cannot have one port for metrics: each picks a free one, and says which in its log. */
function ownMetricsPort({ CONVOKE_METRICS_PORT: port }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return port === undefined || port === '' ? {} : { CONVOKE_METRICS_PORT: '0' };
}

export function workerSpec(number: number, home: string, port: number, env: NodeJS.ProcessEnv): ChildSpec {
  const name = `worker-${number}`;
  return {
    name,
    kind: 'worker',
    command: process.execPath,
    args: [COMMAND, 'worker', '--health-port', String(port)],
    env: { ...WORKER_ENVIRONMENT, ...env, ...ownMetricsPort(env) },
    port,
    probe: { kind: 'http', url: `http://${HOST}:${port}/readyz` },
    log: logOf(home, name),
    stopMs: RECOVERY.workerGraceMs + ROLE_SLACK_MS,
  };
}

export function gatewaySpec(
  number: number,
  home: string,
  at: { readonly host: string; readonly port: number },
  env: NodeJS.ProcessEnv,
): ChildSpec {
  const name = `gateway-${number}`;
  return {
    name,
    kind: 'gateway',
    command: process.execPath,
    args: [COMMAND, 'gateway', '--port', String(at.port), '--host', at.host],
    env: { ...env, ...ownMetricsPort(env) },
    port: at.port,
    probe: { kind: 'http', url: `${gatewayUrl(at.host, at.port)}/readyz` },
    log: logOf(home, name),
    stopMs: LIMITS.drainMs + ROLE_SLACK_MS,
  };
}

/** A gateway's URL on this machine: a wildcard address is for listening, not for calling. */
export function gatewayUrl(host: string, port: number): string {
  const reached =
    host === '0.0.0.0' ? HOST : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `http://${reached}:${port}`;
}
