/** `convoke gateway` and `convoke worker`: one process of a deployment. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Environment } from '../environment.ts';
import { guarded } from '../failure.ts';
import { configOption, examples, portNumber } from '../options.ts';
import { showChecked } from './check.ts';
import type { CheckedConfig } from './check.ts';

/** How the Temporal stands that the environment names. */
export interface ExaminedTemporal {
  readonly address: string;
  /** Absent: sessions can be served. `fix`: a command, or what to do. */
  readonly fault?: { readonly code: string; readonly found: string; readonly fix: string };
}

/** The processes of a deployment. Each promise resolves when the role has ended. */
export interface Roles {
  gateway(options: { port: number; host: string }): Promise<void>;
  /** `config`: the configuration file; default: the one in the working folder, if there is one. */
  worker(options: { healthPort?: number; config?: string }): Promise<void>;
  /** Loads the configuration and says what is in it, or what is wrong. */
  check(options: { config?: string }): Promise<CheckedConfig>;
  /** Writes the archive into a file, and says so. */
  backup(file: string): Promise<void>;
  /** Puts such a file into the archive, as far as Temporal goes on from it, and says so. */
  restore(file: string): Promise<void>;
  /** Wraps all data keys with the first master key. */
  rewrap(): Promise<void>;
  /** Makes a new data key for a tenant. */
  rotate(tenant: string): Promise<void>;
  /** Asks the Temporal that the environment names what a gateway asks before it is ready. */
  temporal(env: Environment): Promise<ExaminedTemporal>;
}

const ENVIRONMENT = `
Environment:
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE   default 127.0.0.1:7233, default
  TEMPORAL_API_KEY, TEMPORAL_TLS, TEMPORAL_TLS_…, TEMPORAL_PROFILE,
  TEMPORAL_CONFIG_FILE                   as Temporal's own tools read them
  REDIS_URL                              default redis://127.0.0.1:6379;
                                         rediss:// is Redis with TLS
  CONVOKE_ARCHIVE_URL                    sqlite:path or postgres://…
  CONVOKE_FILES_URL                      where files are kept: folder:path or
                                         s3://bucket/prefix?region=…, with
                                         AWS_ACCESS_KEY_ID and
                                         AWS_SECRET_ACCESS_KEY; default: the
                                         folder files beside an SQLite archive
  CONVOKE_TASK_QUEUE, CONVOKE_LOG_LEVEL  default convoke, info
  CONVOKE_SEAL_KEYS                      where the keys are that encrypt what is
                                         stored: id=file:PATH, …; docs/data.md
  CONVOKE_MODEL                          the language model of agents, if any
  CONVOKE_HIBERNATE_AFTER_MS             a session in which nothing happens
                                         for so long rests; default 1 hour
  CONVOKE_METRICS_PORT,
  CONVOKE_METRICS_HOST                   where GET /metrics is answered, for
                                         Prometheus; default nowhere, 127.0.0.1
  OTEL_EXPORTER_OTLP_ENDPOINT            pushes metrics and traces to a
                                         collector; docs/traces.md
`;

const IN_FILES = `A secret may also stand in a file, which NAME_FILE names: REDIS_URL_FILE,
CONVOKE_ARCHIVE_URL_FILE, OPENAI_API_KEY_FILE, TEMPORAL_API_KEY_FILE.
`;

const environment = (own: string): string => ENVIRONMENT + own + IN_FILES;

const WORKER_ENVIRONMENT = `  OPENAI_BASE_URL, OPENAI_API_KEY        where that model is
  CONVOKE_PROVIDERS                      further endpoints: JSON, or the path
                                         of a file with it
  CONVOKE_LIMITS                         limits of tenants: JSON, or the path
                                         of a file with it
  CONVOKE_BUILD_ID, CONVOKE_DEPLOYMENT   version of this code, for rolling
                                         deploys: see deploy/README.md
`;

const GATEWAY_ENVIRONMENT = `  CONVOKE_KEYS                           API keys: key=tenant,key=tenant;
                                         or CONVOKE_KEYS_FILE
  CONVOKE_OPERATOR_KEY                   opens /v1/admin (tenants, keys);
                                         without it one is made at the first
                                         start, and told in the log
  CONVOKE_TOKEN_KEYS                     keys of session tokens: id=key,id=key;
                                         the first signs, all verify. A key is
                                         base64 of a secret of 32 bytes or of
                                         an Ed25519 key (PEM or JWK), or
                                         file:PATH of such a PEM or JWK
  CONVOKE_TOKEN_ISSUERS                  issuers of your own whose tokens are
                                         taken, too: JSON, or the path of a
                                         file with it
  CONVOKE_LIMITS                         limits of tenants: JSON, or the path
                                         of a file with it
  CONVOKE_SHED=0                         also take messages whose turns will
                                         wait long for a worker
  CONVOKE_ORIGINS                        origins whose pages and apps may
                                         connect, separated by commas
  CONVOKE_DEV=1                          the key "dev" opens the tenant "dev",
                                         and there is a page at /
`;

export function addRoleCommands(program: Command, roles: Roles): void {
  program
    .command('gateway')
    .summary('run a gateway: REST, Socket.IO, event streams')
    .description(
      'Runs one gateway until SIGTERM or Ctrl-C, then drains. Any number of gateways can serve the same sessions.',
    )
    .addOption(
      new Option('--port <port>', 'port to listen on')
        .env('CONVOKE_PORT')
        .default(3000)
        .argParser(portNumber),
    )
    .addOption(new Option('--host <host>', 'address to listen on').env('CONVOKE_HOST').default('127.0.0.1'))
    .addHelpText(
      'after',
      environment(GATEWAY_ENVIRONMENT) +
        examples('CONVOKE_KEYS=secret=acme convoke gateway --host 0.0.0.0 --port 8080'),
    )
    .action(async ({ port, host }: { port: number; host: string }) => roles.gateway({ port, host }));
  program
    .command('worker')
    .summary('run a worker: the sessions and their agents')
    .description('Runs one worker until SIGTERM or Ctrl-C, then finishes or hands over its running work.')
    .addOption(
      new Option('--health-port <port>', 'port for /healthz and /readyz; none without it')
        .env('CONVOKE_HEALTH_PORT')
        .argParser(portNumber),
    )
    .addOption(configOption())
    .addHelpText('after', environment(WORKER_ENVIRONMENT) + examples('convoke worker --health-port 9090'))
    .action(async (options: { healthPort?: number; config?: string }) => roles.worker(options));
}

export function addCheck(program: Command, roles: Pick<Roles, 'check'>): void {
  program
    .command('check')
    .summary('check the configuration: agents, tools and teams of your own')
    .description(
      'Loads the configuration as a worker does, and says what is in it, or what is wrong with it and where. Exit code 1 if it is wrong.',
    )
    .addOption(configOption())
    .option('--json', 'write {ok, file, files, agents, tools, teams, error}')
    .addHelpText('after', examples('convoke check', 'convoke check --config other.config.ts --json'))
    .action(async (options: { config?: string; json?: boolean }) => {
      const check = guarded(async ({ json, ...given }: typeof options) =>
        showChecked(await roles.check(given), json === true),
      );
      await check(options);
      // What the configuration has opened must not keep the process alive.
      process.exit();
    });
}
