/** Where a new project goes: a name that npm accepts, and a folder that nothing is lost in. */
import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CliError } from '../failure.ts';

export interface ProjectPlace {
  readonly folder: string;
  /** Of its package. */
  readonly name: string;
}

/** npm's rule for names, without scopes. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
/** A package cannot depend on one of its own name, and npm refuses the others. */
const TAKEN: ReadonlySet<string> = new Set([
  'convoke',
  'zod',
  'typescript',
  'esbuild',
  'node_modules',
  'favicon.ico',
]);
/** What an empty folder may hold: it was made for this. */
const HARMLESS: ReadonlySet<string> = new Set(['.git', '.DS_Store']);

/** `path`: the name, or a path that ends in it. Throws `name_invalid`, `folder_not_empty`, `folder_unusable`. */
export function placeOf(path: string, cwd: string): ProjectPlace {
  const folder = resolve(cwd, path);
  const name = basename(folder);
  if (!NAME.test(name) || TAKEN.has(name)) {
    const why = TAKEN.has(name) ? 'a package has this name' : 'npm does not accept it';
    throw new CliError(
      'name_invalid',
      `A project cannot be called "${name}": ${why}. Use small letters, digits, "-", "_" and ".", for example my-agents.`,
    );
  }
  const found = filesIn(folder).filter((file) => !HARMLESS.has(file));
  if (found.length > 0) {
    const some = found.slice(0, 3).join(', ');
    throw new CliError(
      'folder_not_empty',
      `The folder ${folder} is not empty (${some}${found.length > 3 ? ', …' : ''}): choose another name, or empty it.`,
    );
  }
  return { folder, name };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR')
      throw new CliError('folder_not_empty', `${folder} is a file, or below one: choose another name.`);
    throw unusable(folder, message);
  }
}

export function unusable(folder: string, message: string): CliError {
  return new CliError(
    'folder_unusable',
    `The folder ${folder} cannot be written: ${message}. Choose another one.`,
  );
}
