/** The configuration of the end-to-end test of own agents and teams. */
import { agent, defineConfig } from 'convoke';
import { counted } from './counted.ts';

export default defineConfig({
  agents: {
    counter: agent.code(
      async function* ({ options, signal, attempt }) {
        yield* counted(Number(options['to']), attempt, signal);
      },
      {
        options: {
          type: 'object',
          properties: { to: { type: 'integer', minimum: 1 } },
          required: ['to'],
          additionalProperties: false,
        },
      },
    ),
    echo: agent.scripted({ say: 'I heard: {{previous}}' }),
  },
  teams: './teams.ts',
});
