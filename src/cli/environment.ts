/** The environment of a command. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; an empty one counts as absent, as in shells and compose files. */
export function setting(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
