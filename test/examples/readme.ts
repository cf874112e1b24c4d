/** The examples as their READMEs tell to use them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellWords } from '../docs/shell.ts';
import { startProcess } from '../support/process.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = join(ROOT, 'bin/convoke.mjs');

export const folderOf = (example: string): string => join(ROOT, 'examples', example);

/** Runs the line of an example's README that sends a message; resolves with what it writes. */
export async function sendAsTold(example: string, url: string): Promise<string> {
  const readme = readFileSync(join(folderOf(example), 'README.md'), 'utf8');
  const line = /^npx convoke (send .*)$/m.exec(readme)?.[1];
  if (line === undefined) throw new Error(`The README of ${example} does not say how to talk to it.`);
  return ended([COMMAND, ...shellWords(line)], { CONVOKE_URL: url });
}

/** The commands of an example's README, as arguments of Node, in order. */
export function commandsOf(example: string): readonly (readonly string[])[] {
  const readme = readFileSync(join(folderOf(example), 'README.md'), 'utf8');
  return [...readme.matchAll(/^npx convoke (.*)$/gm)].map(([, line = '']) => [COMMAND, ...shellWords(line)]);
}

/** Runs a program of this Node to its end; resolves with what it writes. Throws with that if it fails. */
export async function ended(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const program = startProcess(process.execPath, args, env, ROOT);
  const code = await program.ended;
  if (code !== 0) throw new Error(`${args.join(' ')}\n${program.output()}`);
  return program.output();
}
