/**
 * The OpenTelemetry Collector that the tests of traces and metrics run against, with the few parts that they need (`collector/main.go`). Built once
 * with Go, in about two minutes. Nothing but the tests needs it.
 *
 *     node scripts/collector.mjs
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goProgram } from './go-program.mjs';

const MODULE = fileURLToPath(new URL('collector', import.meta.url));

goProgram({
  ...{ name: 'otelcol', file: 'otelcol-0.165.0', what: 'an OpenTelemetry Collector' },
  commands: [
    (folder) => ({
      args: ['build', '-C', MODULE, '-trimpath', '-ldflags', '-s -w', '-o', join(folder, 'otelcol'), '.'],
      env: { GOWORK: 'off' },
    }),
  ],
});
