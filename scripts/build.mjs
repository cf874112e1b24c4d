/**
 * Builds everything that runs: the TypeScript, the Lua scripts beside them, the workflow bundle, the page and the console. Only what has changed.
 *
 *     node scripts/build.mjs
 *     node scripts/build.mjs --stacks     errors of workflows keep their stack traces
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from './build-console.mjs';
import { buildPage } from './build-page.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...path) => join(root, ...path);

/** What runs. Tests, examples and benchmarks are checked by `npm run types`; a mistake in one of them keeps nothing from starting. */
const PROJECTS = ['src/main', 'src/testing', 'workflows'];

function compile() {
  const tsc = [at('node_modules/typescript/bin/tsc'), '-b', ...PROJECTS];
  const { status } = spawnSync(process.execPath, tsc, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  for (const folder of ['src/log/lua', 'src/quota/lua']) {
    rmSync(at('dist', folder), { recursive: true, force: true });
    cpSync(at(folder), at('dist', folder), { recursive: true });
  }
}

/** The newest change below some folders, ms. */
function changedAt(...folders) {
  const times = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
  return Math.max(...times);
}

/**
 * The SDK takes and formats a stack trace for every promise of a workflow, for the Web UI's page "Call Stack": a fifth of a worker's CPU,
 * measured. Without traces that page tells what the session waits for (`workflows/queries.ts`), and a failed workflow task has its
 * message only.
 */
const NO_STACKS = process.argv.includes('--stacks') ? '' : 'Error.stackTraceLimit = 0;\n';

async function bundleWorkflows() {
  const bundle = at('dist/workflow-bundle.js');
  const parts = [at('dist/workflows'), at('dist/src/contracts'), at('node_modules/@temporalio/worker/lib')];
  const made = existsSync(bundle) ? readFileSync(bundle, 'utf8') : '';
  const alike = made !== '' && made.startsWith('Error.') === (NO_STACKS !== '');
  if (alike && statSync(bundle).mtimeMs > changedAt(...parts)) return;
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = () => undefined;
  const { code } = await bundleWorkflowCode({
    workflowsPath: at('dist/workflows/index.js'),
    logger: { trace: quiet, debug: quiet, info: quiet, log: quiet, warn: console.warn, error: console.error },
  });
  writeFileSync(bundle, NO_STACKS + code);
}

compile();
await Promise.all([bundleWorkflows(), buildPage(), buildConsole()]);
