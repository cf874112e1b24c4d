/**
 * Builds the console (`console/`) into dist/console: index.html, and scripts and styles with a hash in their names. Only if something has changed.
 *
 *     node scripts/build-console.mjs [FOLDER] [--watch]
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...path) => join(root, ...path);

/** What it is made of. */
const SOURCES = ['console', 'src/client', 'src/contracts'];

function changedAt(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return Math.max(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}

function isBuilt(outDir) {
  const page = join(outDir, 'index.html');
  if (!existsSync(page)) return false;
  const newest = Math.max(
    ...SOURCES.map((folder) => changedAt(at(folder))),
    ...['package-lock.json', 'scripts/build-console.mjs'].map((file) => statSync(at(file)).mtimeMs),
  );
  return statSync(page).mtimeMs > newest;
}

/** Resolves with the folder once it is written. Throws what Vite finds wrong. */
export async function buildConsole(outDir = at('dist/console'), { watch = false } = {}) {
  if (!watch && isBuilt(outDir)) return outDir;
  // React leaves its checks out of no other build; a test runner, or a shell, may say something else.
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  await build({
    root: at('console'),
    base: '/console/',
    configFile: false,
    publicDir: false,
    logLevel: watch ? 'info' : 'warn',
    build: {
      outDir,
      emptyOutDir: true,
      // The gateway serves one folder.
      assetsDir: '',
      // The policy of the page takes nothing but files of the gateway.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
      sourcemap: false,
      watch: watch ? {} : null,
    },
  });
  return outDir;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv.slice(2).find((each) => !each.startsWith('--'));
  await buildConsole(folder, { watch: process.argv.includes('--watch') });
}
