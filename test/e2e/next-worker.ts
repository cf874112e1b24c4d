/** A worker of a later build: other workflow code. The argument is its health port. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { readConfig } from '../../src/main/config.ts';
import { runWorker } from '../../src/main/worker.ts';

const workflowsPath = fileURLToPath(new URL('./next-workflows.ts', import.meta.url));
const workflowBundle = await bundleWorkflowCode({ workflowsPath });
await runWorker(
  readConfig(process.env),
  { port: Number(process.argv[2]), host: '127.0.0.1' },
  { workflowBundle },
);
process.exit(0);
