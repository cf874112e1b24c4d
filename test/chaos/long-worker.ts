/** The product's worker with a team whose turns are long. The environment is that of `convoke worker`; the argument is its health port. */
import type { Team } from '../../activities/index.ts';
import { readConfig } from '../../src/main/config.ts';
import { runWorker } from '../../src/main/worker.ts';

/**
 * Options: `rounds`, how often it begins anew; `pauseMs`, a pause before each round; `every`, in which rounds somebody is asked. Agents take
 * turns.
 */
const rounds: Team<{ rounds: number; pauseMs: number; every: number }> = async ({
  options,
  agents,
  ask,
  sleep,
}) => {
  for (let round = 1; round <= options.rounds; round += 1) {
    if (options.pauseMs > 0) await sleep(options.pauseMs);
    if (round % options.every === 0) await ask(agents[(round / options.every) % agents.length]!.name);
  }
};

const port = Number(process.argv[2]);
// Every pause is left to the workflow.
await runWorker(
  readConfig(process.env),
  { port, host: '127.0.0.1' },
  {
    teams: { sequence: rounds as Team },
    suspendAfterMs: 0,
  },
);
process.exit(0);
