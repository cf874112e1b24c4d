/** Configuration: the environment, read once and checked, with a message for every mistake. */
import { SECRETS, setting, withSecrets } from '../cli/environment.ts';
import type { Environment } from '../cli/environment.ts';
import { redisUrlFault } from '../cli/redis-url.ts';
import { DEFAULT_ENDPOINT, isId, LIMITS, SESSION } from '../contracts/index.ts';
import { originFault } from '../gateway/origins.ts';
import { LOG_LEVELS, type LogLevel } from '../telemetry/index.ts';
import { ConfigError } from '../project/config-error.ts';
import type { IssuerSettings, TokenKey } from '../tenants/index.ts';
import { filesConfigOf, type FilesConfig } from './files-config.ts';
import { metricsConfigOf, type MetricsConfig } from './metrics-config.ts';
import { tracesConfigOf, type TracesConfig } from './traces-config.ts';
import { masterKeysOf } from '../seal/index.ts';
import type { MasterKey } from '../seal/index.ts';
import { issuersOf } from './token-issuers.ts';
import { tokenKeysOf } from './token-keys.ts';
import type { Project } from '../project/project.ts';
import { readModels, type Models } from './providers.ts';
import { temporalConfigOf, type TemporalConfig } from './temporal-config.ts';

/** A version of the workers' code, by which Temporal tells which workers get a session. */
export interface Deployment {
  readonly name: string;
  readonly buildId: string;
}

export interface Config {
  readonly temporal: TemporalConfig & { readonly taskQueue: string };
  /** Absent: workers are not versioned, and any of them gets any session. */
  readonly deployment?: Deployment;
  readonly redisUrl: string;
  /** See `openArchive`. */
  readonly archiveUrl: string;
  /** See `placeOf`; absent: there is no place for files. */
  readonly files?: FilesConfig;
  readonly logLevel: LogLevel;
  /** Absent: metrics are not counted. */
  readonly metrics?: MetricsConfig;
  /** Absent: the way of messages is not recorded. */
  readonly traces?: TracesConfig;
  /** API key → tenant. */
  readonly keys: ReadonlyMap<string, string>;
  /** Opens `/v1/admin`. */
  readonly operatorKey?: string;
  /** Of what is stored; the first wraps data keys. None: it is stored as it is. */
  readonly sealKeys: readonly MasterKey[];
  /** Of session tokens; the first signs. None: there are no session tokens, but for those of dev mode. */
  readonly tokenKeys: readonly TokenKey[];
  /** Others whose tokens are taken, too. */
  readonly issuers: readonly IssuerSettings[];
  /** The key `dev` opens the tenant `dev`, its session tokens need no key of theirs, and there is a page at `/`. */
  readonly devMode: boolean;
  readonly origins: readonly string[];
  /** The endpoints of agents with the runner `model`; empty: this deployment has no model. */
  readonly models: Models;
  /** There is a default model in this deployment, also if only workers know where: for gateways its name in `CONVOKE_MODEL` will do. */
  readonly hasModel: boolean;
  /** Of tenants, see `watchLimits`. */
  readonly limits?: string | undefined;
  /** Messages whose turns would wait long for a worker are refused: see `ingest/shed.ts`. */
  readonly sheds?: boolean | undefined;
  /** How long sessions stay open while nothing happens. */
  readonly hibernateAfterMs: number;
  /** Address of the console, to which Temporal's Web UI links, and that of the Web UI, to which the API does. */
  readonly consoleUrl?: string;
  readonly temporalUi?: string;
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function keysOf(text: string | undefined): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const item of list(text)) {
    const at = item.lastIndexOf('=');
    const [key, tenant] = [item.slice(0, at), item.slice(at + 1)];
    // The text itself is not shown: it contains keys.
    if (at < 1 || !isId(tenant))
      throw new ConfigError('CONVOKE_KEYS', 'give key=tenant, separated by commas; a tenant is an id.');
    if (keys.has(key)) throw new ConfigError('CONVOKE_KEYS', 'a key stands there twice.');
    keys.set(key, tenant);
  }
  return keys;
}

/** It opens everything that operators may do. */
const OPERATOR_KEY_CHARS = 24;

function operatorKeyOf(env: Environment): Pick<Config, 'operatorKey'> {
  const operatorKey = setting(env, 'CONVOKE_OPERATOR_KEY');
  if (operatorKey === undefined) return {};
  if (/^[\x21-\x7e]+$/.test(operatorKey) && operatorKey.length >= OPERATOR_KEY_CHARS) return { operatorKey };
  throw new ConfigError(
    'CONVOKE_OPERATOR_KEY',
    `it must be at least ${OPERATOR_KEY_CHARS} visible ASCII characters: openssl rand -hex 32.`,
  );
}

function levelOf(text: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((each) => each === (text ?? 'info'));
  if (!level) throw new ConfigError('CONVOKE_LOG_LEVEL', `use one of: ${LOG_LEVELS.join(', ')}.`);
  return level;
}

/** What Temporal takes as the name of a deployment; a build id may have dots, too. */
const NAME = /^[\w-]{1,100}$/;
const BUILD_ID = /^[\w.+-]{1,100}$/;

function deploymentOf(env: Environment, taskQueue: string): { readonly deployment?: Deployment } {
  const buildId = setting(env, 'CONVOKE_BUILD_ID');
  if (buildId === undefined) return {};
  const name = setting(env, 'CONVOKE_DEPLOYMENT') ?? taskQueue;
  if (!NAME.test(name))
    throw new ConfigError('CONVOKE_DEPLOYMENT', 'use letters, digits, _ and - (default: the task queue).');
  if (!BUILD_ID.test(buildId))
    throw new ConfigError('CONVOKE_BUILD_ID', 'use letters, digits and . + _ -, at most 100.');
  return { deployment: { name, buildId } };
}

function sealKeysOf(env: Environment): readonly MasterKey[] {
  const text = setting(env, 'CONVOKE_SEAL_KEYS');
  if (text === undefined) return [];
  return masterKeysOf(text, env, (sentence) => mistake('CONVOKE_SEAL_KEYS', sentence));
}

function hibernateAfter(env: Environment): number {
  const { hibernateAfterMs, idleLeastMs: least, idleMostMs: most } = LIMITS;
  const text = setting(env, 'CONVOKE_HIBERNATE_AFTER_MS');
  if (text === undefined) return hibernateAfterMs;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new ConfigError('CONVOKE_HIBERNATE_AFTER_MS', `use a whole number from ${least} to ${most}.`);
}

/** An address that pages link to; a slash at its end is taken away. */
function linkOf<Name extends string>(
  env: Environment,
  variable: string,
  name: Name,
): Partial<Readonly<Record<Name, string>>> {
  const text = setting(env, variable);
  if (text === undefined) return {};
  const url = URL.parse(text);
  const isFit = url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (!isFit || url.username !== '' || url.password !== '')
    throw mistake(variable, 'give an address like https://console.example.com, without a query or a login.');
  return { [name]: url.href.replace(/\/+$/, '') } as Partial<Readonly<Record<Name, string>>>; // safety: as it says
}

/** Returns them as they are. Throws `ConfigError` for one that no page could ever have. */
export function checkedOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    const fault = originFault(origin);
    if (fault !== null) throw new ConfigError('CONVOKE_ORIGINS', fault);
  }
  return origins;
}

function redisUrlOf(env: Environment): string {
  const url = setting(env, 'REDIS_URL') ?? 'redis://127.0.0.1:6379';
  const fault = redisUrlFault(url);
  if (fault !== null) throw new ConfigError('REDIS_URL', fault);
  return url;
}

export const mistake = (where: string, sentence: string): ConfigError => new ConfigError(where, sentence);

/** Reads the environment, and the files that it names. `providers`: model endpoints of a configuration file. Throws `ConfigError`. */
export function readConfig(environment: Environment, providers: Project['providers'] = {}): Config {
  const env = withSecrets(environment, SECRETS, mistake);
  const home = setting(env, 'CONVOKE_HOME') ?? '.convoke';
  const archiveUrl = setting(env, 'CONVOKE_ARCHIVE_URL') ?? `sqlite:${home}/archive.db`;
  const taskQueue = setting(env, 'CONVOKE_TASK_QUEUE') ?? SESSION.taskQueue;
  const models = readModels(env, providers);
  return {
    ...deploymentOf(env, taskQueue),
    temporal: { ...temporalConfigOf(env), taskQueue },
    redisUrl: redisUrlOf(env),
    archiveUrl,
    ...filesConfigOf(env, archiveUrl),
    logLevel: levelOf(setting(env, 'CONVOKE_LOG_LEVEL')),
    ...metricsConfigOf(env),
    ...tracesConfigOf(env),
    keys: keysOf(setting(env, 'CONVOKE_KEYS')),
    ...operatorKeyOf(env),
    tokenKeys: tokenKeysOf(list(setting(env, 'CONVOKE_TOKEN_KEYS')), (sentence) =>
      mistake('CONVOKE_TOKEN_KEYS', sentence),
    ),
    sealKeys: sealKeysOf(env),
    limits: setting(env, 'CONVOKE_LIMITS'),
    sheds: setting(env, 'CONVOKE_SHED') !== '0',
    issuers: issuersOf(setting(env, 'CONVOKE_TOKEN_ISSUERS')),
    devMode: setting(env, 'CONVOKE_DEV') === '1',
    origins: checkedOrigins(list(setting(env, 'CONVOKE_ORIGINS'))),
    models,
    hasModel: models.has(DEFAULT_ENDPOINT) || setting(env, 'CONVOKE_MODEL') !== undefined,
    hibernateAfterMs: hibernateAfter(env),
    ...linkOf(env, 'CONVOKE_CONSOLE_URL', 'consoleUrl'),
    ...linkOf(env, 'CONVOKE_TEMPORAL_UI', 'temporalUi'),
  };
}
