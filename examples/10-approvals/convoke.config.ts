/** Support that pays money back: what is more than 20 € two of three people have to approve. */
import { agent, defineConfig, tool } from 'convoke';
import { z } from 'zod';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;

const ORDERS: Readonly<Record<string, { readonly item: string; readonly cents: number }>> = {
  'A-17': { item: 'a lamp', cents: 8_900 },
  'A-18': { item: 'a candle', cents: 950 },
};

const order = z.string().describe('The number of the order, like A-17');
const euros = (cents: number): string => `${(cents / 100).toFixed(2)} €`;

export default defineConfig({
  agents: {
    triage: hasModel
      ? agent.model({
          instructions:
            'You answer complaints about orders. Look the order up; if it is broken or lost, pay it back, and say what came of it.',
          tools: ['find_order', 'refund'],
        })
      : agent.scripted(
          {
            calls: [
              [{ tool: 'find_order', input: { order: 'A-17' } }],
              [{ tool: 'refund', input: { order: 'A-17', cents: 8_900 } }],
            ],
            say: 'I am sorry about your lamp. {{results}}',
            paceMs: 25,
          },
          { tools: ['find_order', 'refund'] },
        ),
  },
  tools: {
    find_order: tool({
      description: 'What was ordered, and what it cost in cents.',
      input: z.object({ order }),
      effect: 'none',
      run: ({ order: number }) => ORDERS[number] ?? 'There is no such order.',
    }),
    refund: tool({
      description: 'Pays an order back, or a part of it.',
      input: z.object({ order, cents: z.number().int().positive() }),
      // The payment provider pays once for each key, however often it is asked.
      effect: 'keyed',
      approval: ({ cents }) => {
        if (Number(cents) <= 2_000) return 'never';
        return {
          // Without the amount, which may be edited.
          title: 'Refund of more than 20 €',
          approvers: { names: ['ana', 'bo', 'cy'], count: 2 },
          mayEdit: true,
          expiresMs: 3 * 24 * 3_600_000,
        };
      },
      run: ({ cents }) => `${euros(cents)} are on their way to you.`,
    }),
  },
});
