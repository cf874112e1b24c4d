import { withoutCredentials } from '../contracts/index.ts';

/** A mistake in the configuration: an environment variable, a setting, or a place in a configuration file. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';

  constructor(where: string, sentence: string, options?: ErrorOptions) {
    super(withoutCredentials(`${where}: ${sentence}`), options);
    this.name = 'ConfigError';
  }
}
