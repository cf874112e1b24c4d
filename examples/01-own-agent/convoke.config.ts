/** An agent of one's own, in code: it streams, may be cancelled, and does its effect once, however often it runs. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { agent, AgentError, defineConfig } from 'convoke';
import { z } from 'zod';

const ORDERS = process.env['ORDERS'] ?? 'orders';

/** The same key is the same file: a step that runs again, elsewhere too, does not order twice. */
async function order(key: string, wish: string): Promise<string> {
  const number = createHash('sha256').update(key).digest('hex').slice(0, 6);
  await mkdir(ORDERS, { recursive: true });
  await writeFile(`${ORDERS}/${number}.txt`, `${wish}\n`);
  return number;
}

export default defineConfig({
  agents: {
    barista: agent.code(
      async function* ({ conversation, options, signal, key }) {
        const wishes = conversation.filter(({ role }) => role === 'user');
        const wish = wishes.at(-1)?.text ?? '';
        // Final: the turn fails with this sentence. Anything else that is thrown is tried again.
        if (/\btea\b/i.test(wish)) {
          throw new AgentError('agent_refused', 'We have no tea, only coffee.', { retryable: false });
        }
        yield `Order ${await order(key, wish)}, number ${wishes.length} of this session: ${wish}.`;
        const work = ' First I grind the beans, then I heat the water, then I pour, slowly, and wait.';
        for (const word of work.match(/\s*\S+/g) ?? []) {
          // Throws as soon as somebody cancels: nothing is left running.
          await pause(options.paceMs, undefined, { signal });
          yield word;
        }
        yield ' Here you are!';
      },
      { options: z.object({ paceMs: z.number().int().min(0).max(5_000).default(400) }) },
    ),
  },
});
