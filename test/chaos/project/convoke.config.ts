/** Agents with tools, and a team that remembers: what they did is counted outside, in a file that all workers share. */
import { appendFile } from 'node:fs/promises';
import { agent, defineConfig, tool } from 'convoke';

const FILE = process.env['CHAOS_CALLS'] ?? '';

/** Each call is a line of the file: effect, key, attempt. */
const counting = (effect: 'keyed' | 'once') =>
  tool({
    ...{ description: 'Counts its calls.', effect, input: { type: 'object' } },
    async run(_, { key, attempt }) {
      await appendFile(FILE, `${effect} ${key} ${attempt}\n`);
      return 'done';
    },
  });

export default defineConfig({
  agents: {
    clerk: agent.scripted(
      { calls: [[{ tool: 'pay' }, { tool: 'look' }], [{ tool: 'look' }]], say: 'It is done.', paceMs: 20 },
      { tools: ['pay', 'look'] },
    ),
    pro: agent.scripted({ tokens: 10, paceMs: 30 }),
    con: agent.scripted({ tokens: 10, paceMs: 30 }),
    silent: agent.scripted({ faults: [{ kind: 'hang', afterTokens: 0 }] }),
    judge: agent.scripted({ say: 'So be it.', paceMs: 20 }),
  },
  tools: { pay: counting('once'), look: counting('keyed') },
  teams: './teams.ts',
});
