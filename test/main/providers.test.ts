import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../src/project/config-error.ts';
import { createModels } from '../../src/main/models.ts';
import { readModels } from '../../src/main/providers.ts';

const OPENAI = { OPENAI_API_KEY: 'k', CONVOKE_MODEL: 'm' };
const providers = (value: unknown) => ({ CONVOKE_PROVIDERS: JSON.stringify(value) });
const read = (env: Record<string, string>) => Object.fromEntries(readModels(env));
const silent = { warn: () => undefined };

describe('the default endpoint', () => {
  test('is absent without variables', () => {
    expect(read({})).toEqual({});
    expect(createModels(readModels({}), silent)).toBeUndefined();
  });

  test('comes from the environment', () => {
    expect(read(OPENAI)).toEqual({
      default: { baseUrl: 'https://api.openai.com/v1', apiKey: 'k', defaultModel: 'm' },
    });
  });

  test('gets its switches from CONVOKE_PROVIDERS; the environment wins', () => {
    const file = providers({ default: { baseUrl: 'http://gpu/v1', model: 'other', systemRole: false } });
    expect(read({ ...OPENAI, ...file })).toMatchObject({
      default: { baseUrl: 'http://gpu/v1', apiKey: 'k', defaultModel: 'm', systemRole: false },
    });
  });
});

describe('further endpoints', () => {
  const groq = {
    baseUrl: 'https://api.groq.com/openai/v1',
    apiKeyVariable: 'GROQ_KEY',
    model: 'l',
    concurrency: 2,
  };
  const own = { baseUrl: 'http://localhost:9000/v1', own: true, streamOptions: false };

  test('come from JSON, their keys from variables', () => {
    const models = read({ ...providers({ groq, own }), GROQ_KEY: 'g' });
    expect(models).toEqual({
      groq: { baseUrl: groq.baseUrl, apiKey: 'g', defaultModel: 'l', concurrency: 2 },
      own: {
        baseUrl: own.baseUrl,
        own: true,
        streamOptions: false,
        apiKey: undefined,
        defaultModel: undefined,
      },
    });
    expect(createModels(new Map(Object.entries(models)), silent)).toBeDefined();
  });

  test('or from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'providers-'));
    const file = join(folder, 'providers.json');
    writeFileSync(file, JSON.stringify({ own }));
    expect(read({ CONVOKE_PROVIDERS: file })).toMatchObject({ own: { own: true } });
    rmSync(folder, { recursive: true });
  });
});

describe('a mistake', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['no model', { OPENAI_API_KEY: 'k' }, /^CONVOKE_MODEL: name the model/],
    [
      'no such file',
      { CONVOKE_PROVIDERS: '/nowhere.json' },
      /^CONVOKE_PROVIDERS: .*\/nowhere\.json cannot be read/,
    ],
    ['no JSON', { CONVOKE_PROVIDERS: '{"a"' }, /^CONVOKE_PROVIDERS: .*not valid JSON/],
    ['no base URL', providers({ a: { model: 'm' } }), /a: give its baseUrl/],
    [
      'a base URL that is none',
      providers({ a: { baseUrl: 'gpu:8000' } }),
      /a\.baseUrl: must be an http or https URL/,
    ],
    ['an unknown field', providers({ a: { baseUrl: 'http://x', sistemRole: false } }), /a: .*sistemRole/],
    ['a bad name', providers({ 'a b': { baseUrl: 'http://x' } }), /1 to 64 characters/],
    ['a concurrency of none', providers({ a: { baseUrl: 'http://x', concurrency: 0 } }), /a\.concurrency/],
  ])('%s is told with its place', (_, env, says) => {
    expect(() => readModels(env)).toThrow(ConfigError);
    expect(() => readModels(env)).toThrow(says);
  });

  test('an absent key is told by the worker, which needs it', () => {
    const models = readModels(providers({ a: { baseUrl: 'http://x', apiKeyVariable: 'A_KEY' } }));
    expect(() => createModels(models, silent)).toThrow(/^A_KEY: set it.*"a"/);
  });

  test('a key that cannot be sent is told without it', () => {
    const models = readModels(providers({ a: { baseUrl: 'http://x', apiKey: 'secret\n' } }));
    expect(() => createModels(models, silent)).toThrow(/model endpoint "a": The API key contains/);
    expect(() => createModels(models, silent)).not.toThrow(/secret/);
  });
});
