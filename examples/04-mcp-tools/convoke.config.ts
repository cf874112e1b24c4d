/** An agent whose memory is an MCP server: a real one from npm, as a child process that speaks by its standard input and output. */
import { resolve } from 'node:path';
import { agent, defineConfig, mcp } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;

const NOTE = { name: 'the user', entityType: 'person', observations: ['{{message}}'] };

export default defineConfig({
  tools: {
    memory: mcp.stdio({
      command: 'npx',
      args: ['-y', '@modelcontextprotocol/server-memory@2026.8.31'],
      env: { MEMORY_FILE_PATH: resolve(process.env['MEMORY_FILE'] ?? 'memory.jsonl') },
      // Its word for it is missing: what it knows already it does not add again, so a lost call may be repeated.
      effects: { create_entities: 'keyed', add_observations: 'keyed' },
    }),
  },
  agents: {
    keeper: hasModel
      ? agent.model({
          instructions: 'Keep what the user tells you in your memory, and look there before you answer.',
          tools: ['memory'],
        })
      : agent.scripted(
          {
            // Round by round, as a model would: what a round's calls have answered is known in the next.
            calls: [
              [{ tool: 'memory__create_entities', input: { entities: [NOTE] } }],
              [{ tool: 'memory__open_nodes', input: { names: ['the user'] } }],
            ],
            say: 'I keep: {{results}}',
          },
          { tools: ['memory__create_entities', 'memory__open_nodes'] },
        ),
  },
});
