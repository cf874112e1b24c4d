/** The product's worker with a tool that reads a file and writes another one. The argument is its health port. */
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { tool, Toolbox } from '../../activities/index.ts';
import { readConfig } from '../../src/main/config.ts';
import { runWorker } from '../../src/main/worker.ts';

const shout = tool({
  ...{ description: 'Writes a text in capitals', effect: 'none' },
  input: z.object({ said: z.string() }),
  async run({ said }, { files }) {
    const [, id = ''] = /id (f_[\w-]+)/.exec(said) ?? [];
    const loud = (await text(await files.read(id))).toUpperCase();
    await files.write({ name: 'draft.txt', contentType: 'text/plain' }, 'nothing refers to it');
    return { loud: await files.write({ name: 'loud.txt', contentType: 'text/plain' }, loud) };
  },
});

const toolbox = new Toolbox({ shout });
await runWorker(
  readConfig(process.env),
  { port: Number(process.argv[2]), host: '127.0.0.1' },
  {
    tools: (names) => toolbox.tools(names),
    configured: (agent) => ({ ...agent, tools: ['shout'] }),
  },
);
process.exit(0);
