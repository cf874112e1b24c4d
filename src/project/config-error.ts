/** A mistake in the configuration: an environment variable, a setting, or a place in a configuration file. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';

  constructor(where: string, sentence: string, options?: ErrorOptions) {
    super(`${where}: ${sentence}`, options);
    this.name = 'ConfigError';
  }
}
