/** The workflows as a worker loads them. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import type { WorkflowBundle } from '@temporalio/worker';

const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

const bundles = new Map<string, Promise<WorkflowBundle>>();

/** The workflows as a worker loads them, bundled once in this process, from the sources. */
export function workflowBundle(workflowsPath = WORKFLOWS): Promise<WorkflowBundle> {
  const found = bundles.get(workflowsPath) ?? buildBundle(workflowsPath);
  bundles.set(workflowsPath, found);
  return found;
}

async function buildBundle(workflowsPath: string): Promise<WorkflowBundle> {
  const logger = new DefaultLogger('ERROR');
  if (bundles.size === 0) {
    const telemetryOptions = { logging: { forward: {}, filter: 'ERROR' } };
    Runtime.install({ logger, telemetryOptions, shutdownSignals: [] });
  }
  const bundle = await bundleWorkflowCode({ workflowsPath, logger });
  // As `scripts/build.mjs` does: with stack traces, replaying a run takes more than twice the time.
  return { ...bundle, code: `Error.stackTraceLimit = 0;${bundle.code}` };
}
