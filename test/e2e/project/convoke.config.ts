/** The configuration of the end-to-end test of own agents and teams. */
import { setTimeout as pause } from 'node:timers/promises';
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
    stray: agent.code(async function* () {
      void Promise.reject(new Error('nobody awaits it'));
      setTimeout(() => {
        throw new Error('nobody catches it');
      });
      await pause(20);
      yield 'I go on.';
    }),
    echo: agent.scripted({ say: 'I heard: {{previous}}' }),
  },
  teams: './teams.ts',
});
