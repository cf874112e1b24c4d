/** Against a mock server that others wrote, by their reading of the protocol. */
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { hearModel, modelRunner, runnerError } from './run.ts';

const mock = new LLMock({ port: 0 });

beforeAll(async () => {
  await mock.start();
});

beforeEach(() => {
  mock.reset();
  mock.clearChaos();
});

afterAll(async () => {
  await mock.stop();
});

const hear = () => hearModel(modelRunner({ baseUrl: `${mock.url}/v1` }));

test('an answer with its usage', async () => {
  const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
  mock.onMessage(/./, { content: 'Hi there!', usage }, { streamingProfile: { ttft: 20, tps: 500 } });
  expect(await hear()).toEqual({
    ...{ text: 'Hi there!', reasoning: '', finish: 'stop', error: undefined },
    calls: [],
    usage: expect.objectContaining({ inputTokens: 7, outputTokens: 3 }),
  });
});

test('reasoning and an answer that was cut', async () => {
  mock.onMessage(/./, { content: 'Hi', reasoning: 'Let me think.', finishReason: 'length' });
  expect(await hear()).toMatchObject({ text: 'Hi', reasoning: 'Let me think.', finish: 'length' });
});

const TOOLS = ['weather', 'clock'].map((name) => ({ name, description: name, input: { type: 'object' } }));

test('tool calls, and the answer to what came of them', async () => {
  mock.on(
    { hasToolResult: false },
    {
      content: 'Let me look.',
      toolCalls: [
        { name: 'weather', arguments: '{"city":"Rome"}' },
        { name: 'clock', arguments: '{}' },
      ],
    },
    { chunkSize: 3 },
  );
  mock.on({ hasToolResult: true }, { content: 'It is a sunny noon.' });
  const heard = await hearModel(modelRunner({ baseUrl: `${mock.url}/v1` }), { more: { tools: TOOLS } });
  expect(heard).toMatchObject({
    ...{ text: 'Let me look.', finish: 'tools', error: undefined },
    calls: [
      { tool: 'weather', input: { city: 'Rome' } },
      { tool: 'clock', input: {} },
    ],
  });
  const results = ['sunny', 'noon'].map((text) => ({ status: 'completed' as const, text }));
  const calls = heard.calls.map((call, index) => ({ ...call, result: results[index]! }));
  const next = await hearModel(modelRunner({ baseUrl: `${mock.url}/v1` }), {
    more: { tools: TOOLS, rounds: [{ text: heard.text, calls }] },
  });
  expect(next).toMatchObject({ text: 'It is a sunny noon.', finish: 'stop', calls: [] });
});

test('only a tool call', async () => {
  mock.onMessage(/./, { toolCalls: [{ name: 'f', arguments: '{}' }] });
  expect(runnerError(await hear())).toMatchObject({ code: 'agent_empty', retryable: false });
});

test.each([
  [429, 'rate_limit_exceeded', { code: 'agent_rate_limited', retryable: true, retryAfterMs: 4_000 }],
  [429, 'insufficient_quota', { code: 'agent_refused', retryable: false }],
  [503, 'overloaded', { code: 'agent_failed', retryable: true }],
  [401, 'invalid_api_key', { code: 'agent_refused', retryable: false }],
  [400, 'context_length_exceeded', { code: 'context_too_long', retryable: false }],
])('an error: %p %s', async (status, code, expected) => {
  const error = { message: 'No', type: code, code };
  mock.onMessage(/./, { error, status, ...(status === 429 && { retryAfter: 4 }) });
  expect(runnerError(await hear())).toMatchObject(expected);
});

test.each([{ dropRate: 1 }, { malformedRate: 1 }, { disconnectRate: 1 }])('chaos: %j', async (chaos) => {
  mock.onMessage(/./, { content: 'Hi there!' });
  mock.setChaos(chaos);
  expect(runnerError(await hear())).toMatchObject({ code: 'agent_failed', retryable: true });
});

test('a stream that ends after some chunks', async () => {
  mock.onMessage(/./, { content: 'one two three four five' }, { chunkSize: 4, truncateAfterChunks: 2 });
  const heard = await hear();
  expect(runnerError(heard)).toMatchObject({ code: 'agent_failed', retryable: true });
});
