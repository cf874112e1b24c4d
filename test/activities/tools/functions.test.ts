/** Tools that are functions of the configuration. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  tool,
  Toolbox,
  ToolError,
  type ToolContext,
  type ToolSettings,
  type ToolSource,
} from '../../../activities/index.ts';
import { LIMITS, type JsonObject } from '../../../src/contracts/index.ts';
import { callOf, use } from './support.ts';

const upper = tool({
  description: 'Shouts',
  input: z.object({ text: z.string(), times: z.number().int().default(1) }),
  effect: 'none',
  run: ({ text, times }) => text.toUpperCase().repeat(times),
});

async function only(source: ToolSource) {
  const found = await new Toolbox({ it: source }).tools(['it']);
  const [first] = found.values();
  if (!first) throw new Error('there is no tool');
  return first;
}

describe('a function with a Zod schema', () => {
  test('is told to a model as JSON Schema', async () => {
    expect((await only(upper)).spec).toEqual({
      ...{ name: 'it', description: 'Shouts' },
      input: {
        type: 'object',
        properties: { text: { type: 'string' }, times: expect.objectContaining({ default: 1 }) },
        required: ['text'],
      },
    });
  });

  test('gets its defaults', async () => {
    expect(await use(await only(upper), { text: 'a' })).toEqual({ result: 'A', progress: '' });
    expect(await use(await only(upper), { text: 'a', times: 3 })).toMatchObject({ result: 'AAA' });
  });

  test.each<[JsonObject, RegExp]>([
    [{}, /^text: Invalid input/],
    [{ text: 'a', times: 'x' }, /^times: Invalid input: expected number/],
  ])('refuses %j', async (input, wrong) => {
    expect((await only(upper)).check(input)).toMatch(wrong);
  });

  test('whose check takes its time is checked when it is called', async () => {
    const taken = tool({
      ...{ description: 'x', effect: 'none' as const, run: () => 'ran' },
      input: z.object({ name: z.string().refine(async (name) => name !== 'bob', 'it is taken') }),
    });
    const made = await only(taken);
    expect(made.check({ name: 'bob' })).toBeNull();
    await expect(use(made, { name: 'bob' })).rejects.toThrow('The arguments do not fit: name: it is taken.');
    expect(await use(made, { name: 'eve' })).toMatchObject({ result: 'ran' });
  });
});

test('a check that rejects ends in the call alone', async () => {
  const rejected: unknown[] = [];
  const note = (error: unknown): void => {
    rejected.push(error);
  };
  process.on('unhandledRejection', note);
  const validate = async (): Promise<never> => {
    throw new Error('no database');
  };
  const input = { '~standard': { validate, jsonSchema: { input: () => ({ type: 'object' }) } } };
  const made = await only(tool({ description: 'x', effect: 'none', run: () => 'ran', input }));
  expect(made.check({ name: 'bob' })).toBeNull();
  await expect(use(made, { name: 'bob' })).rejects.toThrow('no database');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(rejected).toEqual([]);
});

test.each<[string, () => unknown]>([
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('x')],
  ['a BigInt', () => 1n],
])('a result that is %s is told to the model as a failure', async (_, run) => {
  const made = await only(tool({ description: 'x', effect: 'none', input: { type: 'object' }, run }));
  await expect(use(made, {})).rejects.toThrow('The result of the tool cannot be told as JSON.');
});

test('progress that is no text is told as one, and a long note by its beginning', async () => {
  const made = await only(
    tool({
      ...{ description: 'x', effect: 'none', input: { type: 'object' } },
      run: (_, { progress }) => {
        for (const note of [42, null, 'x'.repeat(1e6)]) progress(note as string);
      },
    }),
  );
  const { progress } = await use(made, {});
  expect(progress.slice(0, 9)).toBe('42\nnull\nx');
  expect(progress.length).toBeLessThan(2 * LIMITS.toolProgressChars);
});

test('a function with a JSON Schema', async () => {
  const plain = await only(
    tool({
      ...{ description: 'x', effect: 'keyed' },
      input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
      run: ({ n }) => ({ n, twice: [n, n] }),
    }),
  );
  expect(plain.check({ n: 'x' })).toBe('it/n must be number');
  expect(await use(plain, { n: 2 })).toMatchObject({ result: '{"n":2,"twice":[2,2]}' });
});

test('what a function is told, and what it tells on the way', async () => {
  const seen: Omit<ToolContext, 'progress' | 'signal'>[] = [];
  const slow = await only(
    tool({
      ...{ description: 'x', effect: 'none', input: { type: 'object' } },
      async run(_, { progress, signal: _signal, ...context }) {
        seen.push(context);
        progress('one');
        await new Promise((resolve) => setImmediate(resolve));
        progress('two');
        progress('three');
      },
    }),
  );
  expect(await use(slow, {})).toEqual({ result: '', progress: 'one\ntwo\nthree' });
  const { input: _, signal: _signal, ...call } = callOf({});
  expect(seen).toEqual([call]);
});

test('endless notes of progress are dropped, not kept', async () => {
  const loud = await only(
    tool({
      ...{ description: 'x', effect: 'none', input: { type: 'object' } },
      run(_, { progress }) {
        for (let n = 0; n < 1_000_000; n += 1) progress(`note ${n}`);
        return 'done';
      },
    }),
  );
  const { progress, result } = await use(loud, {});
  expect(result).toBe('done');
  expect(progress.split('\n').length).toBeLessThan(1_000);
});

test('what it throws is thrown, and a result that is no JSON', async () => {
  const failing = (run: () => unknown) =>
    only(tool({ description: 'x', effect: 'none', input: { type: 'object' }, run }));
  const thrown = new ToolError('No.', { retryable: true });
  const throwing = await failing(() => {
    throw thrown;
  });
  await expect(use(throwing, {})).rejects.toBe(thrown);
  await expect(use(await failing(() => 1n), {})).rejects.toThrow(ToolError);
});

test.each<[string, object]>([
  ['A tool needs a description', { description: ' ' }],
  ["A tool's effect is one of none, keyed, once.", { effect: 'twice' }],
  ["A tool's timeoutMs is from 1 to 3600000.", { timeoutMs: 0 }],
  ['its input must be the schema of an object', { input: z.string() }],
  ['its input must be the schema of an object', { input: { type: 'string' } }],
  ['its input is not a valid JSON Schema', { input: { type: 'object', properties: 3 } }],
])('a definition with a mistake: %s', (message, mistake) => {
  const good: ToolSettings<JsonObject> = {
    ...{ description: 'x', effect: 'none', input: { type: 'object' }, run: () => '' },
  };
  expect(() => tool({ ...good, ...mistake })).toThrow(message);
});

describe('a toolbox', () => {
  const away = {
    open: () => ({
      tools: () => Promise.reject(new ToolError('The server cannot be reached.', { retryable: true })),
      close: async () => undefined,
    }),
  };

  test('reaches only the sources that are asked for', async () => {
    const box = new Toolbox({ upper, away });
    expect([...(await box.tools(['upper', 'unknown'])).keys()]).toEqual(['upper']);
    await expect(box.tools(['upper', 'away__read'])).rejects.toThrow('The server cannot be reached.');
    await expect(box.tools(['away'])).rejects.toThrow(ToolError);
  });

  test.each(['a b', 'a__b', '', 'x'.repeat(65), 'ask_agent', 'hand_over'])('refuses the name %p', (name) => {
    expect(() => new Toolbox({ [name]: upper })).toThrow(TypeError);
  });
});
