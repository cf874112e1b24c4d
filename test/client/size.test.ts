import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

/** What a page pays for the SDK, socket.io-client included, bytes after gzip. */
const LIMIT = 27_000;

test('the SDK fits into 27 kB', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(LIMIT);
});
