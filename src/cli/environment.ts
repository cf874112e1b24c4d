/** The environment of a command. */
import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; an empty one counts as absent, as in shells and compose files. */
export function setting(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/** Makes an error of the place of a mistake and a sentence about it. */
export type Mistake = (where: string, sentence: string) => Error;

/**
 * The value of a variable that may hold a secret: that of `NAME`, or what the file says that `NAME_FILE` names, as containers get their secrets.
 * Line breaks at its end are not part of it. Throws what `mistake` makes.
 */
export function secret(env: Environment, name: string, mistake: Mistake): string | undefined {
  const [value, file] = [setting(env, name), setting(env, `${name}_FILE`)];
  if (file === undefined) return value;
  const where = `${name}_FILE`;
  if (value !== undefined) throw mistake(where, `${name} is set too: unset one of them.`);
  const text = contentOf(file, where, mistake).replace(/[\r\n]+$/, '');
  if (text === '') throw mistake(where, `the file ${file} is empty: write the value of ${name} into it.`);
  return text;
}

function contentOf(file: string, where: string, mistake: Mistake): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // safety: of Node
    const why: Readonly<Record<string, string>> = {
      ENOENT: 'it does not exist',
      EACCES: 'this user may not read it',
      EISDIR: 'it is a folder',
    };
    const said = why[String(code)] ?? String(code);
    throw mistake(where, `the file ${file} cannot be read: ${said}.`);
  }
}

/** The environment with the values of all secrets among `names` in it, none of them in a file any more. Throws what `mistake` makes. */
export function withSecrets(env: Environment, names: readonly string[], mistake: Mistake): Environment {
  const inFiles = names.filter((name) => setting(env, `${name}_FILE`) !== undefined);
  const read = inFiles.flatMap((name) => [
    [name, secret(env, name, mistake)] as const,
    [`${name}_FILE`, undefined] as const,
  ]);
  return { ...env, ...Object.fromEntries(read) };
}

/** What the processes of a deployment take from a file, too. */
export const SECRETS = [
  'REDIS_URL',
  'CONVOKE_ARCHIVE_URL',
  'CONVOKE_FILES_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'CONVOKE_KEYS',
  'CONVOKE_OPERATOR_KEY',
  'CONVOKE_TOKEN_KEYS',
  'CONVOKE_PROVIDERS',
  'OPENAI_API_KEY',
  'TEMPORAL_API_KEY',
] as const;
