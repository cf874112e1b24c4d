/** A Mastra agent inside an agent of Convoke: what is passed on is the conversation, the signal, the key, and every token. */
import { createHash } from 'node:crypto';
import { Agent } from '@mastra/core/agent';
import { RequestContext } from '@mastra/core/request-context';
import { createTool } from '@mastra/core/tools';
import { agent, defineConfig, type CodeCall } from 'convoke';
import { z } from 'zod';

/** Stands for something outside: what is booked under a key that is known is not booked again. */
const tables = new Map<string, string>();

const reserve = createTool({
  id: 'reserve',
  description: 'Reserves a table, once.',
  inputSchema: z.object({ when: z.string() }),
  execute: async ({ when }, { requestContext, abortSignal }) => {
    abortSignal?.throwIfAborted();
    const key = String(requestContext.get('key'));
    const table = createHash('sha256').update(`${key} ${when}`).digest('hex').slice(0, 6);
    tables.set(table, when);
    return { table, when, reserved: tables.size };
  },
});

/** Of Mastra alone: any endpoint that speaks OpenAI's chat completions; the environment names it. */
const host = new Agent({
  id: 'host',
  name: 'host',
  instructions: 'You are the host of a restaurant. Reserve a table when somebody asks for one.',
  model: {
    providerId: 'example',
    modelId: process.env['CONVOKE_MODEL'] ?? 'qwen3',
    url: process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:11434/v1',
    apiKey: process.env['OPENAI_API_KEY'] ?? 'none',
  },
  tools: { reserve },
});

/** Own words are the assistant's, all others' the user's. The task of a team comes last. */
function messagesOf({ agent: me, conversation, task }: CodeCall) {
  const said = conversation.map(({ role, name, text }) =>
    role === 'agent' && name === me
      ? { role: 'assistant' as const, content: text }
      : { role: 'user' as const, content: name === undefined ? text : `${name}: ${text}` },
  );
  return task === undefined ? said : [...said, { role: 'user' as const, content: task }];
}

export default defineConfig({
  agents: {
    host: agent.code(async function* (call) {
      const { fullStream } = await host.stream(messagesOf(call), {
        abortSignal: call.signal,
        // Tools find it there; a provider that knows the header answers a repeated step once. Retries are Convoke's.
        requestContext: new RequestContext([['key', call.key]]),
        modelSettings: { maxRetries: 0, headers: { 'Idempotency-Key': call.key } },
        maxSteps: 6,
      });
      for await (const chunk of fullStream) {
        if (chunk.type === 'text-delta') yield chunk.payload.text;
        if (chunk.type === 'reasoning-delta') yield { type: 'reasoning', text: chunk.payload.text };
        // The agent is at work, even if it says nothing.
        if (chunk.type === 'tool-call' || chunk.type === 'tool-result') yield { type: 'alive' };
        if (chunk.type === 'error') throw chunk.payload.error;
        if (chunk.type === 'abort') call.signal.throwIfAborted();
        if (chunk.type === 'finish') {
          const { inputTokens = 0, outputTokens = 0 } = chunk.payload.output.usage;
          yield { type: 'usage', usage: { inputTokens, outputTokens } };
        }
      }
    }),
  },
});
