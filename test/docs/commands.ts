/** Checks commands of documents against the real command line, the scripts of package.json and the files that there are. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/index.ts';
import { ROOT } from './documents.ts';
import { shellWords } from './shell.ts';

type Scripts = Readonly<Record<string, string>>;
const scriptsOf = (file: string): Scripts =>
  (JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { readonly scripts: Scripts }).scripts;

/** Of this project, and of those that `convoke new` writes. */
const scripts = { ...scriptsOf('templates/project/_package.json'), ...scriptsOf('package.json') };

/** What is wrong with a command; null: nothing that is known here. */
export async function checkCommand(line: string): Promise<string | null> {
  const words = [...shellWords(line)].filter((word) => word !== '$');
  while (/^[A-Z_]+=/.test(words[0] ?? '')) words.shift();
  const [program = '', ...rest] = words[0] === 'npx' ? words.slice(1) : words;
  if (program === 'convoke') return checkConvoke(rest);
  if (program === 'npm') return checkNpm(rest);
  if (program === 'node' || program === 'python3') return checkFile(rest, words[0] === 'npx');
  return null;
}

/** Parses it as the product does, and runs nothing. */
async function checkConvoke(words: readonly string[]): Promise<string | null> {
  const nobody = async (): Promise<never> => {
    throw new Error('Nothing is run.');
  };
  const program = createProgram({
    gateway: nobody,
    worker: nobody,
    backup: nobody,
    restore: nobody,
    rewrap: nobody,
    rotate: nobody,
    check: nobody,
    temporal: nobody,
  });
  let said = '';
  const tame = (command: Command): void => {
    command.exitOverride((error) => {
      throw error;
    });
    command.configureOutput({ writeOut: () => undefined, writeErr: (text) => void (said += text) });
    command.commands.forEach(tame);
    if (command.commands.length === 0) command.action(() => undefined);
  };
  tame(program);
  // What stands for something of the reader's own.
  const given = words.map((word) => word.replace(/^<?[A-Z]+>?$|^<.*>$|…/, 'x'));
  try {
    await program.parseAsync(given, { from: 'user' });
    return null;
  } catch (error) {
    if ((error as { readonly exitCode?: number }).exitCode === 0) return null;
    return `convoke ${words.join(' ')}: ${said.split('\n')[0] ?? ''}`;
  }
}

async function checkNpm(words: readonly string[]): Promise<string | null> {
  const [verb = '', name = '', ...rest] = words;
  if (verb === 'start') return checkConvoke(['dev', ...words.slice(1).filter((word) => word !== '--')]);
  const script = verb === 'run' ? name : verb === 'test' ? verb : undefined;
  if (script !== undefined && scripts[script] === undefined) return `npm has no script "${script}"`;
  if (script === 'dev') return checkConvoke(['dev', ...rest.filter((word) => word !== '--')]);
  if (script !== 'example') return null;
  const [example = '', ...options] = rest;
  if (example !== '' && !existsOnce(example)) return `there is no example ${example}`;
  return checkConvoke(['dev', ...options.filter((word) => word !== '--')]);
}

function existsOnce(example: string): boolean {
  return readdirSync(join(ROOT, 'examples')).filter((each) => each.startsWith(`${example}-`)).length === 1;
}

/** `npx node` is the Node of the checkout; the reader's own may be one that loads no TypeScript. */
function checkFile(words: readonly string[], npx: boolean): string | null {
  const file = words.find((word) => !word.startsWith('-')) ?? '';
  if (!existsSync(join(ROOT, file))) return `there is no file ${file}`;
  if (!statSync(join(ROOT, file)).isFile()) return `${file} is no file`;
  return file.endsWith('.ts') && !npx ? `Node 20 cannot run ${file}: use "npx node"` : null;
}
