/** What this project adds to Convoke. While `npm run dev` runs, saving this file or one that it imports puts the new code to work. */
import { agent, defineConfig, tool } from 'convoke';
import { z } from 'zod';
import { analyst } from './analyst.ts';

export default defineConfig({
  agents: {
    // Code of your own. It may call the tool below, as a model would.
    analyst: agent.code(analyst, { tools: ['count'] }),
    // Says what its script says, so that everything runs without a model. With one (see README.md):
    //   editor: agent.model({ instructions: 'Say what the analyst found, in one friendly sentence.' }),
    editor: agent.scripted({ say: 'In short: {{previous}}', paceMs: 30 }),
  },
  tools: {
    count: tool({
      description: 'Counts the words and the characters of a text.',
      input: z.object({ text: z.string() }),
      // It only reads: a call whose answer was lost is simply made again.
      effect: 'none',
      run: async ({ text }) => ({
        words: text.split(/\s+/).filter((word) => word !== '').length,
        characters: text.length,
      }),
    }),
  },
  teams: './teams.ts',
});
