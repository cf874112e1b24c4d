/** An agent of the AI SDK. The model call is the SDK's; the calls of tools are Convoke's, so each is a durable step of its own. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, jsonSchema, streamText, tool as sdkTool, type ModelMessage } from 'ai';
import { agent, AgentError, defineConfig, tool, type CodeCall, type RunPiece } from 'convoke';
import { z } from 'zod';

/** Any endpoint that speaks OpenAI's chat completions; the environment names it. */
const provider = createOpenAICompatible({
  name: 'example',
  baseURL: process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:11434/v1',
  ...(process.env['OPENAI_API_KEY'] ? { apiKey: process.env['OPENAI_API_KEY'] } : {}),
  includeUsage: true,
});

/** The conversation, and what was called in answer to this ask. Own words are the assistant's, all others' the user's. */
function messagesOf({ agent: me, conversation, task, rounds = [] }: CodeCall): ModelMessage[] {
  const said = conversation.map(({ role, name, text }): ModelMessage => {
    if (role === 'agent' && name === me) return { role: 'assistant', content: text };
    return { role: 'user', content: name === undefined ? text : `${name}: ${text}` };
  });
  const called = rounds.flatMap(({ text, calls }): ModelMessage[] => [
    {
      role: 'assistant',
      content: [
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...calls.map(({ id, tool: toolName, input }) => ({
          ...{ type: 'tool-call' as const, toolCallId: id, toolName, input },
        })),
      ],
    },
    {
      role: 'tool',
      content: calls.map(({ id, tool: toolName, result }) => ({
        ...{ type: 'tool-result' as const, toolCallId: id, toolName },
        output: { type: 'text' as const, value: result.text },
      })),
    },
  ]);
  return [...said, ...(task === undefined ? [] : [{ role: 'user' as const, content: task }]), ...called];
}

type Input = Extract<RunPiece, { type: 'call' }>['call']['input'];

/** A call, as Convoke takes it. Arguments that are no object are told back to the model. */
function callOf(id: string, toolName: string, input: unknown): RunPiece {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  const given = isObject ? { input: input as Input } : { input: {}, malformed: String(input) };
  return { type: 'call', call: { id, tool: toolName, ...given } };
}

/** What cannot succeed is not tried again, and a provider that asks to wait is given the time. */
function failureOf(error: unknown): unknown {
  if (!APICallError.isInstance(error)) return error;
  const { statusCode, isRetryable, responseHeaders } = error;
  const message = `The model answered with status ${statusCode ?? 'none'}.`;
  if (!isRetryable) return new AgentError('agent_refused', message, { retryable: false });
  const seconds = Number(responseHeaders?.['retry-after'] ?? NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  const code = statusCode === 429 ? 'agent_rate_limited' : 'agent_failed';
  return new AgentError(code, message, { retryable: true, retryAfterMs });
}

export default defineConfig({
  agents: {
    guide: agent.code(
      async function* (call) {
        const tools = Object.fromEntries(
          // Without `execute`: the SDK tells of a call and ends, and Convoke makes it.
          (call.tools ?? []).map(({ name, description, input }) => [
            name,
            sdkTool({ description, inputSchema: jsonSchema(input) }),
          ]),
        );
        const { fullStream } = streamText({
          model: provider(process.env['CONVOKE_MODEL'] ?? 'qwen3'),
          system: 'You are a guide. Look up the weather before you recommend anything.',
          messages: messagesOf(call),
          tools,
          // A cancel ends the request; retries are Convoke's; a provider that knows the key answers a repeated step once.
          abortSignal: call.signal,
          maxRetries: 0,
          // It is thrown below.
          onError: () => undefined,
          headers: { 'Idempotency-Key': call.key },
        });
        for await (const part of fullStream) {
          if (part.type === 'text-delta') yield part.text;
          if (part.type === 'reasoning-delta') yield { type: 'reasoning', text: part.text };
          if (part.type === 'tool-call') {
            yield callOf(part.toolCallId, part.toolName, part.input);
          }
          if (part.type === 'error') throw failureOf(part.error);
          if (part.type === 'finish') {
            const { inputTokens = 0, outputTokens = 0 } = part.totalUsage;
            yield { type: 'usage', usage: { inputTokens, outputTokens } };
            if (part.finishReason === 'tool-calls') yield { type: 'finish', finish: 'tools' };
            if (part.finishReason === 'length') yield { type: 'finish', finish: 'length' };
          }
        }
      },
      { tools: ['weather'] },
    ),
  },
  tools: {
    weather: tool({
      description: 'The weather in a place, today.',
      input: z.object({ place: z.string() }),
      effect: 'none',
      run: async ({ place }, { progress }) => {
        progress(`looking out of the window in ${place}`);
        return { place, sky: 'clear', celsius: 21 };
      },
    }),
  },
});
