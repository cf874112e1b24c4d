/** Builds the page of examples/page into dist/page: index.html, page.js, style.css. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'examples/page');

/** Resolves with the folder once it is written. Throws what esbuild finds wrong. */
export async function buildPage(outdir = join(root, 'dist/page')) {
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: [join(source, 'page.ts'), join(source, 'style.css')],
    outdir,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
  copyFileSync(join(source, 'index.html'), join(outdir, 'index.html'));
  return outdir;
}
