/** Which files of one's own a configuration is made of, found without running any, so that a broken one can be watched too. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Files that are followed. */
const MOST = 1_000;
/** Relative paths after `from`, `import` and `require`. */
const IMPORTS = /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;
/** The module of teams, which the configuration names by its path. */
const TEAMS = /\bteams\s*:\s*(['"])([^'"\n]+)\1/g;
const ENDINGS = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];

/** The configuration and what it imports by relative paths, all the way down. What is imported and not there is listed as it is written. */
export function filesOf(config: string): readonly string[] {
  const files = new Set([config]);
  for (const file of files) {
    for (const path of importsOf(file, file === config ? [IMPORTS, TEAMS] : [IMPORTS])) {
      if (files.size < MOST && !path.includes('node_modules')) files.add(path);
    }
  }
  return [...files];
}

function importsOf(file: string, patterns: readonly RegExp[]): readonly string[] {
  const source = sourceOf(file);
  const paths = patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, , path = '']) => path));
  return paths.map((path) => found(resolve(dirname(file), path)));
}

/** As the loader resolves it: with an ending, as the index of a folder, or in TypeScript where JavaScript is written. */
function found(path: string): string {
  const typed = path.replace(/\.([cm]?)js$/, '.$1ts');
  return [...ENDINGS.map((ending) => `${path}${ending}`), typed].find(isFile) ?? path;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function sourceOf(file: string): string {
  try {
    return /\.[cm]?[jt]sx?$/.test(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
