/** Loads a configuration file, in TypeScript or JavaScript. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { createJiti, type Jiti } from 'jiti';
import { LIMITS } from '../contracts/index.ts';
import { ConfigError } from './config-error.ts';
import type { ProjectConfig } from './define.ts';
import * as api from './index.ts';
import * as team from './team.ts';
import { lineOf } from './locate.ts';
import { projectOf, ProjectIssues, type Issue, type Project } from './project.ts';

const NAMES = ['ts', 'mts', 'js', 'mjs'].map((extension) => `convoke.config.${extension}`);
const LATE = `it has not loaded within ${LIMITS.configLoadMs} ms: something in it is awaited and does not come.`;
/** Faults told at a time. */
const FAULTS = 5;

export interface LoadOptions {
  readonly folder: string;
  /** Absent: the first `convoke.config.*` in the folder. */
  readonly file?: string | undefined;
}

/** The configuration file that there is; null: none. Throws `ConfigError` if there is none of that name. */
export function findConfig({ folder, file }: LoadOptions): string | null {
  if (file !== undefined) {
    const path = resolve(folder, file);
    if (!existsSync(path)) throw new ConfigError('--config or CONVOKE_CONFIG', `there is no file ${path}.`);
    return path;
  }
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** The configuration; null if there is none. Throws `ConfigError`, with file, line and path of what is wrong. */
export async function loadProject(options: LoadOptions): Promise<Project | null> {
  const file = findConfig(options);
  if (file === null) return null;
  const jiti = loader(file);
  const loaded = await load(jiti, file, options.folder);
  const config = loaded['default'];
  if (config === undefined) {
    throw new ConfigError(
      shown(file, options.folder),
      'it has no default export: export default defineConfig({ … }).',
    );
  }
  if (typeof config !== 'object' || config === null) {
    throw new ConfigError(
      shown(file, options.folder),
      'its default export is no configuration: export default defineConfig({ … }).',
    );
  }
  const { teams } = config as { readonly teams?: unknown };
  const modules =
    typeof teams === 'string'
      ? await load(jiti, teamsFile(file, teams, options.folder), options.folder)
      : undefined;
  try {
    return projectOf(config, modules);
  } catch (error) {
    if (!(error instanceof ProjectIssues)) throw error;
    throw wrong(file, options.folder, error.issues);
  }
}

/**
 * A configuration that a program has in hand. A path of teams is relative to `folder`. `who` stands in front of what is wrong. Throws
 * `ConfigError`.
 */
export async function projectFrom(config: ProjectConfig, folder: string, who: string): Promise<Project> {
  const { teams } = config;
  try {
    if (typeof teams !== 'string') return projectOf(config);
    const file = resolve(folder, teams);
    if (!existsSync(file))
      throw new ProjectIssues([{ path: ['teams'], message: `there is no file ${file}` }]);
    return projectOf(config, await load(loader(file), file, folder));
  } catch (error) {
    if (!(error instanceof ProjectIssues)) throw error;
    throw new ConfigError(who, toldOf(error.issues));
  }
}

function loader(file: string): Jiti {
  return createJiti(file, {
    ...{ fsCache: false, moduleCache: false, interopDefault: false, sourceMaps: true },
    // This very copy, so that errors and definitions are those that the worker knows; none needs to be installed beside the file.
    virtualModules: { convoke: api, 'convoke/team': team },
  });
}

function teamsFile(config: string, path: string, folder: string): string {
  const file = resolve(dirname(config), path);
  if (existsSync(file)) return file;
  throw wrong(config, folder, [{ path: ['teams'], message: `there is no file ${shown(file, folder)}` }]);
}

async function load(jiti: Jiti, file: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const late = Promise.withResolvers<never>();
  // Without it Node would end the process, and say nothing that helps.
  const timer = setTimeout(() => late.reject(new Error(LATE)), LIMITS.configLoadMs);
  try {
    return await Promise.race([jiti.import<Record<string, unknown>>(file), late.promise]);
  } catch (error) {
    const { message, place } = told(error, file, folder);
    throw new ConfigError(place, message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What went wrong in the file, or in one that it imports, and where. */
function told(
  error: unknown,
  file: string,
  folder: string,
): { readonly message: string; readonly place: string } {
  // Not `instanceof`: it may come from another realm.
  const { message = String(error), stack = '' } = (error ?? {}) as Partial<Error>;
  const [first = ''] = message.split('\n');
  const lines = `${message}\n${stack}`.matchAll(
    /(?:file:\/\/)?(\/[^\s():]+|[A-Za-z]:\\[^\s():]+):(\d+):(\d+)/g,
  );
  for (const [, path = '', line = ''] of lines) {
    if (path.includes('node_modules') || !path.startsWith(dirname(file))) continue;
    return {
      place: `${shown(path, folder)}:${line}`,
      // Many end with a full stop of their own, some with a space behind it.
      message: `${first.replace(/\s*\(?\/[^\s()]+:\d+:\d+\)?/, '').replace(/[\s.]+$/, '')}.`,
    };
  }
  return { place: shown(file, folder), message: first };
}

function wrong(file: string, folder: string, issues: readonly Issue[]): ConfigError {
  return new ConfigError(shown(file, folder), toldOf(issues, readFileSync(file, 'utf8')));
}

/** `source`: of the file that the paths lead into. */
function toldOf(issues: readonly Issue[], source?: string): string {
  const faults = issues.slice(0, FAULTS).map(({ path, message }) => {
    const line = source === undefined ? undefined : lineOf(source, path);
    const at = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
    return `${line === undefined ? '' : `line ${line}: `}${at}${message}`;
  });
  return `${faults.join('; ')}.`;
}

function shown(file: string, folder: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') ? file : path;
}
