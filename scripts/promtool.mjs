/**
 * Prometheus's own tool, which checks and tests the rules in deploy/prometheus (https://prometheus.io/docs/prometheus/latest/command-line/promtool).
 * Built once with Go, in about two minutes. Nothing but the tests needs it.
 *
 *     node scripts/promtool.mjs
 */
import { join } from 'node:path';
import { goProgram } from './go-program.mjs';

/** As the image in docker-compose.yml: v3.13.5. */
const MODULE = 'github.com/prometheus/prometheus@v0.313.5';
/** Of the ways to find targets the one in deploy/prometheus: the others bring the clients of all clouds. */
const TAGS = 'remove_all_sd,enable_dns_sd';

goProgram({
  ...{ name: 'promtool', file: 'promtool-3.13.5', what: "Prometheus's promtool" },
  commands: [
    () => ({ args: ['mod', 'download', '-json', MODULE] }),
    // `go install` takes no module with replacements, and its workspace names folders that the module lacks.
    (folder, said) => ({
      args: [
        ...['build', '-C', JSON.parse(said).Dir, '-tags', TAGS],
        ...['-trimpath', '-ldflags', '-s -w', '-o', join(folder, 'promtool'), './cmd/promtool'],
      ],
      env: { GOWORK: 'off' },
    }),
  ],
});
