/** A mistake in the environment variables. */
export class ConfigError extends Error {
  constructor(variable: string, sentence: string) {
    super(`${variable}: ${sentence}`);
    this.name = 'ConfigError';
  }
}
