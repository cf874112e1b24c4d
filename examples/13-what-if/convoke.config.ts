/** A travel agent: each answer is the whole plan so far, with its price. */
import { agent, defineConfig } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;

/** What the script knows, each by a word that somebody may say: what it is, and its price in euros. */
const OFFERS: readonly (readonly [word: RegExp, what: string, euros: number])[] = [
  [/nights/i, 'two nights by the harbour', 240],
  [/train/i, 'the night train, there and back', 320],
  [/plane|fly/i, 'two flights', 180],
  [/dinner/i, 'a dinner by the river', 90],
];

export default defineConfig({
  agents: {
    planner: hasModel
      ? agent.model({
          instructions:
            'You plan trips. Answer with the plan so far: one line for each part, with a price, then the sum.',
          maxTokens: 300,
        })
      : agent.code(async ({ conversation }) => {
          const asked = conversation.filter(({ role }) => role === 'user').map(({ text }) => text);
          const plan = OFFERS.filter(([word]) => word.test(asked.join('\n')));
          const lines = plan.map(([, what, euros]) => `- ${what}: ${euros} €`);
          const sum = plan.reduce((total, [, , euros]) => total + euros, 0);
          return [...lines, `Together: ${sum} €`].join('\n');
        }),
  },
});
