/** Agents that are code: what they are given, what they may yield, and what comes of their mistakes. */
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import {
  createCodeRunner,
  RunnerError,
  type CodeAgent,
  type CodeCall,
} from '../../activities/agents/index.ts';
import type { JsonObject } from '../../src/contracts/index.ts';
import { hearModel, runToEnd, type Outcome, type RequestParts } from './run.ts';

interface Told extends Omit<RequestParts, 'agent'> {
  readonly options?: JsonObject;
  readonly check?: (given: JsonObject) => unknown;
}

function run(code: CodeAgent, { options, check = (given) => given, ...parts }: Told = {}): Promise<Outcome> {
  const runner = createCodeRunner((use) =>
    use === 'billing' ? { run: code as CodeAgent<never>, options: check } : undefined,
  );
  const agent = { runner: 'code', use: 'billing', ...(options ? { options } : {}) };
  return runToEnd(runner, { ...parts, agent });
}

describe('code', () => {
  test('is told who asks, for what, and in which attempt', async () => {
    let told: CodeCall | undefined;
    const { text } = await run(
      async function* (call) {
        told = call;
        yield `${call.conversation.at(-1)!.text} `;
        yield { type: 'text', text: call.options['currency'] as string };
      },
      { options: { currency: 'EUR' }, attempt: 3 },
    );
    expect(text).toBe('hello EUR');
    expect(told).toMatchObject({
      tenant: 'acme',
      session: 's',
      turn: 't1',
      step: 't1.1',
      attempt: 3,
      agent: 'ada',
    });
    expect(told!.key).toBe('acme:s:t1.1');
  });

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['signs of life', { type: 'alive' }],
  ])('that yields %s for ever, without a pause, is stopped by its time-out', async (_, piece) => {
    const endless: CodeAgent = async function* () {
      for (;;) yield piece as string;
    };
    const runner = createCodeRunner(() => ({ run: endless, options: (given) => given }));
    const { error } = await hearModel(runner, { bounds: { timeoutMs: 50 } });
    expect(error).toMatchObject({ code: 'agent_timeout' });
  });

  test('may be a plain function that returns its answer', async () => {
    expect((await run(async () => 'all at once')).text).toBe('all at once');
  });

  test('gets its options as its schema has made them', async () => {
    const check = (): unknown => ({ currency: 'EUR' });
    const { text } = await run(async ({ options }) => options['currency'] as string, { check });
    expect(text).toBe('EUR');
  });

  test.each<readonly [string, CodeAgent, Told, string]>([
    [
      'yields a number',
      async function* () {
        yield 7;
      } as unknown as CodeAgent,
      {},
      'must yield text',
    ],
    ...[
      { type: 'text', text: 42 },
      { type: 'text' },
      { type: 'reasoning', text: null },
      { type: 'call' },
      { type: 'call', call: { id: 'c', tool: 'x'.repeat(1e6), input: {} } },
      { type: 'call', call: { id: 7, tool: 'x', input: {} } },
      { type: 'call', call: { id: 'c', tool: 'x', input: [] } },
      { type: 'call', call: { id: 'c', tool: 'x', input: { n: 1n } } },
      { type: 'usage', usage: 'much' },
      { type: 'usage', usage: { inputTokens: 1n } },
      { type: 'finish', finish: 'x'.repeat(1e6) },
    ].map((piece): [string, CodeAgent, Told, string] => [
      `yields ${inspect(piece, { maxStringLength: 9 })}`,
      async function* () {
        yield piece as unknown as string;
      },
      {},
      'must yield text',
    ]),
    ['returns nothing', (() => undefined) as unknown as CodeAgent, {}, 'must be an async generator'],
    ['returns a number', (() => 42) as unknown as CodeAgent, {}, 'must be an async generator'],
    ['promises a number', (async () => 42) as unknown as CodeAgent, {}, 'must yield text'],
    [
      'yields null',
      async function* () {
        yield null;
      } as unknown as CodeAgent,
      {},
      'must yield text',
    ],
    [
      'has options that do not fit any more',
      async () => 'x',
      {
        check: () => {
          throw new Error('currency: required');
        },
      },
      'currency: required',
    ],
  ])('that %s fails for good', async (_, code, told, sentence) => {
    const { error } = await run(code, told);
    expect(error).toBeInstanceOf(RunnerError);
    expect(error).toMatchObject({
      code: 'agent_refused',
      retryable: false,
      message: expect.stringContaining(sentence),
    });
  });

  test('that throws says so as it is: the step decides', async () => {
    const { error, text } = await run(async function* () {
      yield 'half';
      throw new Error('database');
    });
    expect(text).toBe('half');
    expect(error).toMatchObject({ message: 'database' });
  });
});
