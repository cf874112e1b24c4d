import { afterEach, describe, expect, test } from '@jest/globals';
import { contextBudgetChars } from '../../activities/agents/windows.ts';
import type { Utterance } from '../../activities/agents/runner.ts';
import type { RawReply } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import { LIMITS, type AgentSpec } from '../../src/contracts/index.ts';
import { hearModel, modelRunner, runnerError } from './run.ts';

let model: ScriptedModel | undefined;

afterEach(async () => {
  await model?.stop();
});

const refusal = (status: number, error: object): RawReply => ({
  ...{ status, headers: { 'content-type': 'application/json' } },
  body: [JSON.stringify({ error: { message: 'No', ...error } })],
});

const CONVERSATION: readonly Utterance[] = [
  { role: 'user', text: `oldest ${'a'.repeat(100)}` },
  { role: 'user', text: `older ${'b'.repeat(100)}`, pinned: true },
  { role: 'user', text: `old ${'c'.repeat(100)}` },
  { role: 'user', text: `new ${'d'.repeat(100)}` },
  { role: 'user', text: 'the question', pinned: true },
];

/** What each request showed of the conversation. */
const shown = () =>
  model?.requests.map(({ messages }) => messages[1]?.content.match(/oldest|older|old|new|question/g));

describe('a conversation that is too long for the model', () => {
  test.each<[string, RawReply]>([
    ['OpenAI', refusal(400, { code: 'context_length_exceeded' })],
    ['llama.cpp', refusal(400, { code: 400, type: 'exceed_context_size_error', n_ctx: 4096 })],
    ['vLLM', refusal(400, { message: "This model's maximum context length is 4096 tokens.", code: 400 })],
    ['Anthropic', refusal(400, { type: 'invalid_request_error', message: 'prompt is too long: 9 > 8' })],
    ['a proxy', { status: 413, headers: { 'content-type': 'text/html' }, body: ['<html>413</html>'] }],
    [
      'an error in the stream',
      { body: ['data: {"error":{"message":"x","code":"context_length_exceeded"}}\n\n'] },
    ],
  ])('is told once more without its older half, but all that is pinned: %s', async (_, reply) => {
    model = await startScriptedModel({ answer: 'yes', faults: [{ kind: 'raw', request: 1, ...reply }] });
    const heard = await hearModel(modelRunner({ baseUrl: model.url }), { conversation: CONVERSATION });
    expect(heard).toMatchObject({ text: 'yes', error: undefined });
    expect(shown()).toEqual([
      ['oldest', 'older', 'old', 'new', 'question'],
      ['older', 'new', 'question'],
    ]);
  });

  test('is told with short results of tools, if those are long', async () => {
    const reply = refusal(400, { code: 'context_length_exceeded' });
    model = await startScriptedModel({ answer: 'yes', faults: [{ kind: 'raw', request: 1, ...reply }] });
    const call = { id: 'c1', tool: 'look', input: {} };
    const result = { status: 'completed', text: 'x'.repeat(LIMITS.toolResultChars) } as const;
    const heard = await hearModel(modelRunner({ baseUrl: model.url }), {
      conversation: CONVERSATION.filter(({ pinned }) => pinned),
      more: { rounds: [{ text: '', calls: [{ ...call, result }] }] },
    });
    expect(heard).toMatchObject({ text: 'yes', error: undefined });
    const told = model.requests.map(({ messages }) => messages.find(({ role }) => role === 'tool')?.content);
    expect(told[0]).toBe(result.text);
    expect(told[1]).toMatch(/^x+\n\[\d+ more characters are left out\.\]$/);
    expect(told[1]!.length).toBeLessThanOrEqual(LIMITS.shortResultChars);
  });

  test('fails for good when that is too long as well', async () => {
    const reply = refusal(400, { code: 'context_length_exceeded' });
    model = await startScriptedModel({ faults: [{ kind: 'raw', ...reply }] });
    const heard = await hearModel(modelRunner({ baseUrl: model.url }), { conversation: CONVERSATION });
    expect(runnerError(heard)).toMatchObject({ code: 'context_too_long', retryable: false });
    expect(model.requests).toHaveLength(2);
  });

  test('fails at once when all of it is pinned', async () => {
    const reply = refusal(400, { code: 'context_length_exceeded' });
    model = await startScriptedModel({ faults: [{ kind: 'raw', ...reply }] });
    const conversation = CONVERSATION.filter(({ pinned }) => pinned);
    const heard = await hearModel(modelRunner({ baseUrl: model.url }), { conversation });
    expect(runnerError(heard)).toMatchObject({ code: 'context_too_long', retryable: false });
    expect(model.requests).toHaveLength(1);
  });
});

describe('the budget of an agent', () => {
  const agent = (more: Partial<AgentSpec>): AgentSpec => ({ name: 'ada', runner: 'model', ...more });

  test.each<[string, AgentSpec, number]>([
    ['an unknown model', agent({ model: 'nobody-knows' }), LIMITS.contextChars],
    ['a model with a large window', agent({ model: 'gpt-4o-mini' }), LIMITS.contextChars],
    ['a small one, less a quarter for the answer', agent({ model: 'gpt-4' }), 8_192 * 0.75 * 2],
    ['the longest match', agent({ model: 'openai/GPT-4-32k-0314' }), 32_768 * 0.75 * 2],
    ['a bare name', agent({ model: 'llama3' }), 8_192 * 0.75 * 2],
    ['its successor', agent({ model: 'llama3.1' }), LIMITS.contextChars],
    ['a short answer', agent({ model: 'gpt-4', maxTokens: 192 }), 8_000 * 2],
    ['instructions', agent({ model: 'gpt-4', maxTokens: 192, instructions: 'x'.repeat(500) }), 15_500],
    ['a window that the agent states', agent({ model: 'gpt-4', contextTokens: 200_000 }), 300_000],
    ['a huge one', agent({ contextTokens: 10_000_000 }), LIMITS.contextMostChars],
    ['a tiny one', agent({ contextTokens: 100, instructions: 'x'.repeat(500) }), 1_000],
  ])('%s', (_, spec, chars) => {
    expect(contextBudgetChars(spec)).toBe(chars);
  });

  test('follows the default model of an agent that names none', () => {
    const runner = modelRunner({ baseUrl: 'http://127.0.0.1:1/v1', defaultModel: 'smollm2:135m' });
    expect(runner.budgetChars?.(agent({}))).toBe(8_192 * 0.75 * 2);
  });
});
