/** The environment of a command. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable; an empty one counts as absent, as shells and compose files mean it. */
export function setting(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
