/** Code that does not yield, wherever it can be one's own; each only when the message says so. */
import { agent, defineConfig, tool } from 'convoke';

const ANSWER = 'I answer.';

/** The message of this turn. */
const asked = (conversation: readonly { readonly text: string; readonly pinned?: boolean }[]): string =>
  conversation.find(({ pinned }) => pinned === true)?.text ?? '';

export default defineConfig({
  agents: {
    matcher: agent.code(async function* ({ conversation }) {
      yield 'Well: ';
      const text = asked(conversation) === 'spin' ? 'a'.repeat(60) : '';
      yield /^(a+)+$/.test(`${text}!`) ? '' : ANSWER;
    }),
    caller: agent.code(
      async function* ({ conversation, rounds = [] }) {
        const input = { text: asked(conversation) };
        if (rounds.length === 0) yield { type: 'call', call: { id: 'c', tool: 'spin', input } };
        else yield ANSWER;
      },
      { tools: ['spin'] },
    ),
    echo: agent.scripted({ say: ANSWER }),
  },
  tools: {
    spin: tool({
      description: 'Spins.',
      effect: 'none',
      input: { type: 'object' },
      run({ text }) {
        if (text === 'spin') for (;;);
        return 'done';
      },
    }),
  },
  teams: {
    spinning: async ({ turn, agents, ask }) => {
      if (turn.messages.some(({ text }) => text === 'spin')) for (;;);
      await ask(agents[0]?.name ?? '');
      return undefined;
    },
  },
});
