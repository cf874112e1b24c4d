/** A mistake in the configuration: an environment variable, or a place in a configuration file. */
export class ConfigError extends Error {
  constructor(where: string, sentence: string, options?: ErrorOptions) {
    super(`${where}: ${sentence}`, options);
    this.name = 'ConfigError';
  }
}
