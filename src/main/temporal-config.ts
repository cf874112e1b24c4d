/** How Temporal is reached: its standard environment (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, …) and profile file, as all of its tools read them. */
import { accessSync, constants } from 'node:fs';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { ClientConfigProfile, ClientConnectConfig } from '@temporalio/envconfig';
import { setting } from '../cli/environment.ts';
import type { Environment } from '../cli/environment.ts';
import { ConfigError } from '../project/config-error.ts';

/** Of a connection: the same for the client of a gateway and for a worker's own. */
export type TemporalCredentials = Pick<
  ClientConnectConfig['connectionOptions'],
  'tls' | 'apiKey' | 'metadata'
>;

export interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  readonly credentials: TemporalCredentials;
}

/** Throws `ConfigError`. */
export function temporalConfigOf(env: Environment): TemporalConfig {
  const profile = profileOf(env);
  const { address = '127.0.0.1:7233', namespace = 'default', apiKey } = profile;
  if (/[\s/@]/.test(address)) throw new ConfigError('TEMPORAL_ADDRESS', 'write host:port, without a scheme.');
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey))
    throw new ConfigError('TEMPORAL_API_KEY', 'it contains a space, line break or accent.');
  const { clientCert, clientKey } = profile.tls ?? {};
  if (!clientCert !== !clientKey) {
    const lacking = clientCert ? 'KEY' : 'CERT';
    throw new ConfigError(
      `TEMPORAL_TLS_CLIENT_${lacking}_PATH`,
      'a client certificate needs its key, and the other way round: set both.',
    );
  }
  const { tls, metadata } = loaded(() => toClientOptions(profile)).connectionOptions;
  const given = { tls, apiKey, metadata };
  const credentials = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as TemporalCredentials;
  return { address, namespace, credentials };
}

function profileOf(env: Environment): ClientConfigProfile {
  requireFlag(env, 'TEMPORAL_TLS');
  if (setting(env, 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION') !== undefined) {
    throw new ConfigError(
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION',
      "Temporal's SDK for TypeScript always verifies the host: unset it, and set TEMPORAL_TLS_SERVER_CA_CERT_PATH or TEMPORAL_TLS_SERVER_NAME.",
    );
  }
  const [file, profile] = [setting(env, 'TEMPORAL_CONFIG_FILE'), setting(env, 'TEMPORAL_PROFILE')];
  if (file !== undefined && !isReadable(file))
    throw new ConfigError('TEMPORAL_CONFIG_FILE', `the file ${file} cannot be read.`);
  // An empty variable counts as absent, except for headers, which an empty one takes away from the profile.
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || (value === '' && !name.startsWith('TEMPORAL_GRPC_META_'))
        ? []
        : [[name, value] as const],
    ),
  );
  return loaded(() => {
    try {
      return loadClientConfigProfile({ overrideEnvVars });
    } catch (error) {
      // The package (1.24.0) trips over a file without any profile, such as an empty one.
      if (!(error instanceof TypeError)) throw error;
      if (profile !== undefined) throw new Error(`There is no profile ${profile}`, { cause: error });
      return loadClientConfigProfile({ overrideEnvVars, disableFile: true });
    }
  });
}

/** The standard takes any other word for "no". */
function requireFlag(env: Environment, name: string): void {
  const value = setting(env, name);
  if (value === undefined || /^(1|0|true|false)$/.test(value)) return;
  throw new ConfigError(name, 'write true or false.');
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only the first line of what is thrown: the parser of profiles adds the lines around a mistake, and they may hold a key. */
function loaded<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('\n'); // safety: of Node, or of the package
    throw new ConfigError(
      "Temporal's profile file or environment (TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE, TEMPORAL_TLS_…)",
      `${sentence.replace(/\.$/, '')}.`,
    );
  }
}
