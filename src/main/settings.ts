/** The settings of a worker or a gateway that a program starts: what it gives, and the environment for the rest. */
import { z } from 'zod';
import { isId, LIMITS, redisNodes } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import type { Project } from '../project/project.ts';
import { LOG_LEVELS } from '../telemetry/index.ts';
import type { Environment } from '../cli/environment.ts';
import { checkedOrigins, readConfig, type Config } from './config.ts';
import { issuersSchema } from './token-issuers.ts';

/** The oldest Node that a worker or a gateway runs on. */
const NODE_MAJOR = 24;
const MAX_PORT = 65_535;

/** Each setting that stands for an environment variable. */
const VARIABLES = {
  temporalAddress: 'TEMPORAL_ADDRESS',
  temporalNamespace: 'TEMPORAL_NAMESPACE',
  taskQueue: 'CONVOKE_TASK_QUEUE',
  redisUrl: 'REDIS_URL',
  archiveUrl: 'CONVOKE_ARCHIVE_URL',
  filesUrl: 'CONVOKE_FILES_URL',
  sealKeys: 'CONVOKE_SEAL_KEYS',
  logLevel: 'CONVOKE_LOG_LEVEL',
  host: 'CONVOKE_HOST',
  port: 'CONVOKE_PORT',
  healthPort: 'CONVOKE_HEALTH_PORT',
  metricsPort: 'CONVOKE_METRICS_PORT',
  metricsHost: 'CONVOKE_METRICS_HOST',
  hibernateAfterMs: 'CONVOKE_HIBERNATE_AFTER_MS',
} as const;

const namesRedis = (text: string): boolean =>
  redisNodes(text).urls.every((url) => /^rediss?:$/.test(URL.parse(url)?.protocol ?? ''));
const text = z.string().min(1, 'must not be empty').exactOptional();
const aPort = z.number().int().min(0).max(MAX_PORT).exactOptional();
const engine = {
  temporalAddress: text,
  temporalNamespace: text,
  taskQueue: text,
  redisUrl: z.string().refine(namesRedis, 'must be a redis or rediss URL, or several').exactOptional(),
  archiveUrl: text,
  filesUrl: text,
  sealKeys: text,
  logLevel: z.enum(LOG_LEVELS).exactOptional(),
  host: text,
  metricsPort: aPort,
  metricsHost: text,
  hibernateAfterMs: z.number().int().min(LIMITS.idleLeastMs).max(LIMITS.idleMostMs).exactOptional(),
};
const tenant = z.string().refine(isId, 'a tenant is 1 to 64 characters of A-Z a-z 0-9 _ -');

export const workerSettings = z.strictObject({ ...engine, healthPort: aPort });
export const gatewaySettings = z.strictObject({
  ...engine,
  port: aPort,
  keys: z.record(z.string().min(1), tenant).exactOptional(),
  origins: z.array(z.string()).exactOptional(),
  issuers: issuersSchema.exactOptional(),
  devMode: z.boolean().exactOptional(),
});

type Settings = z.infer<typeof workerSettings> & z.infer<typeof gatewaySettings>;

/** `who`: the function that was given them, for the sentence. Throws `ConfigError`. */
export function checkSettings<T>(who: string, schema: z.ZodType<T>, given: unknown): T {
  const checked = schema.safeParse(given);
  if (checked.success) return checked.data;
  // Paths and sentences only: names and values of keys are secret.
  const faults = checked.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `there is no setting ${issue.keys.join(', ')}`
      : `${String(issue.path[0])}: ${issue.message}`,
  );
  throw new ConfigError(who, `${faults.join('; ')}.`);
}

/** The environment, with what was given in the place of its variables. */
export function environmentOf(settings: Settings, env: Environment): Environment {
  const given = Object.entries(VARIABLES).flatMap(([setting, variable]) => {
    const value = settings[setting as keyof typeof VARIABLES];
    // What a program gives stands before a file, too.
    return value === undefined
      ? []
      : ([
          [variable, String(value)],
          [`${variable}_FILE`, undefined],
        ] as const);
  });
  return { ...env, ...Object.fromEntries(given) };
}

/** Throws `ConfigError`. */
export function configFrom(
  settings: Settings,
  env: Environment,
  providers: Project['providers'] = {},
): Config {
  const { keys, origins, issuers, devMode } = settings;
  const config = readConfig(env, providers);
  return {
    ...config,
    ...(keys && { keys: new Map(Object.entries(keys)) }),
    ...(origins && { origins: checkedOrigins(origins) }),
    ...(issuers && { issuers }),
    ...(devMode !== undefined && { devMode }),
  };
}

/** A port that the environment may hold; undefined: none. Throws `ConfigError`. */
export function portOf(env: Environment, variable: string): number | undefined {
  const value = env[variable];
  if (value === undefined || value === '') return undefined;
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= MAX_PORT) return port;
  throw new ConfigError(variable, `it must be a whole number from 0 to ${MAX_PORT}.`);
}

/** Throws `ConfigError` on a Node that is too old. */
export function requireNode(who: string): void {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return;
  throw new ConfigError(
    who,
    `this is Node ${process.versions.node}; it needs Node ${NODE_MAJOR}. On Linux and Windows convoke has installed one, which npm scripts ` +
      'and npx find first; else: https://nodejs.org.',
  );
}
