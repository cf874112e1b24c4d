/** The product's worker with tools that count outside how often they were called. The argument is its health port. */
import { appendFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { tool, Toolbox } from '../../activities/index.ts';
import { readConfig } from '../../src/main/config.ts';
import { runWorker } from '../../src/main/worker.ts';

const FILE = process.env['TEST_CALLS'] ?? '';

/** Calls of all workers are lines of one file; one that is slow never ends by itself. */
const counting = (effect: 'keyed' | 'once') =>
  tool({
    ...{ description: 'Pays', effect, input: { type: 'object' } },
    async run({ slow }, { key, attempt, signal }) {
      await appendFile(FILE, `${key} ${attempt}\n`);
      if (slow === true && attempt === 1) await pause(600_000, undefined, { signal });
      return 'paid';
    },
  });

const toolbox = new Toolbox({ pay: counting('once'), look: counting('keyed') });
await runWorker(
  readConfig(process.env),
  { port: Number(process.argv[2]), host: '127.0.0.1' },
  {
    tools: (names) => toolbox.tools(names),
    configured: (agent) => ({ ...agent, tools: ['pay', 'look'] }),
  },
);
process.exit(0);
