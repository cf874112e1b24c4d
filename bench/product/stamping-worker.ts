/** The product's worker with an agent whose tokens are the time of their saying, and with turns of any length. The environment is that of `convoke worker`. */
import { createScriptedRunner, type AgentRunner } from '../../activities/index.ts';
import { readConfig } from '../../src/main/config.ts';
import { runWorker } from '../../src/main/worker.ts';
import { nowUs } from '../clock.ts';
import { rounds } from './rounds.ts';

const scripted = createScriptedRunner();

const stamping: AgentRunner = {
  async *run(request) {
    for await (const piece of scripted.run(request)) {
      yield piece.type === 'text' ? { type: 'text', text: ` ${nowUs()}` } : piece;
    }
  },
};

const port = Number(process.argv[2]);
await runWorker(
  readConfig(process.env),
  { port, host: '127.0.0.1' },
  {
    runners: { scripted: stamping },
    teams: { sequence: rounds },
  },
);
process.exit(0);
