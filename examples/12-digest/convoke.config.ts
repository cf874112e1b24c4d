/** An editor who tells what is new. What was told before it knows from the session: it keeps nothing itself. */
import { readFile } from 'node:fs/promises';
import { agent, defineConfig, tool } from 'convoke';
import { z } from 'zod';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;
/** Stands for a feed, a mailbox, a table: one piece of news a line. */
const NEWS = process.env['NEWS_FILE'] ?? 'news.md';

const readNews = (): Promise<string> => readFile(NEWS, 'utf8');

export default defineConfig({
  agents: {
    editor: hasModel
      ? agent.model({
          instructions:
            'You write a digest of the news, one line each. Leave out what your earlier digests have told. If nothing is new, say so.',
          tools: ['read_news'],
        })
      : agent.code(async ({ conversation }) => {
          const told = conversation.map(({ text }) => text).join('\n');
          const lines = (await readNews()).split('\n').filter((line) => line.startsWith('- '));
          const fresh = lines.filter((line) => !told.includes(line));
          return fresh.length === 0 ? 'Nothing is new.' : ['New since the last digest:', ...fresh].join('\n');
        }),
  },
  tools: {
    read_news: tool({
      description: 'All news, also those that you have told already.',
      input: z.object({}),
      effect: 'none',
      run: readNews,
    }),
  },
});
