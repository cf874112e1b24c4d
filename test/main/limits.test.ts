/** Limits of tenants from the configuration: checked at start, changed without a restart. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { watchLimits } from '../../src/main/limits.ts';
import { eventually } from '../support/process.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-limits-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told: object[] = [];
const logger = {
  info: (fields: object) => void told.push(fields),
  error: (fields: object) => void told.push(fields),
};

test.each([
  ['{', /JSON/],
  [
    '{"tenants": {"acme": {"messagesPerMinutes": 1}}}',
    /tenants\.acme: there is no field "messagesPerMinutes" here; correct its name/,
  ],
  ['{"tenants": {"a b": {}}}', /a b/],
  ['{"default": {"connections": 0}}', /default\.connections/],
  ['{"default": {"tokensPerDay": 1e300}}', /default\.tokensPerDay/],
  [
    '{"default": {"messagesPerMinute": "many"}}',
    /default\.messagesPerMinute: it must be a number, not text\.$/,
  ],
  [`{"default": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /default/],
  ['/no/such/file.json', /no\/such\/file/],
])('%.60s is refused at start', (setting, said) => {
  expect(() => watchLimits(setting, logger)).toThrow(said);
});

test('a tenant has the default limits, and its own in their place; without a setting nobody has any', () => {
  const text = { default: { messagesPerMinute: 60, connections: 5 }, tenants: { acme: { connections: 50 } } };
  const { limitsOf } = watchLimits(JSON.stringify(text), logger);
  expect(limitsOf('acme')).toEqual({ messagesPerMinute: 60, connections: 50 });
  expect(limitsOf('constructor')).toEqual({ messagesPerMinute: 60, connections: 5 });
  expect(watchLimits(undefined, logger).limitsOf('acme')).toEqual({});
});

test('a file that changes is read again; one that is wrong, huge or gone changes nothing, and is told', async () => {
  const file = join(folder, 'limits.json');
  // As operators and Kubernetes do it: never half of a file.
  const write = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  write('{"default": {"messagesPerMinute": 1}}');
  const limits = watchLimits(file, logger);
  expect(limits.limitsOf('acme')).toEqual({ messagesPerMinute: 1 });
  write('{"default": {"messagesPerMinute": 2}}');
  await eventually('the change', () => limits.limitsOf('acme').messagesPerMinute === 2);
  for (const spoil of [
    () => write('{"default": {"messagesPerMinute": -1}}'),
    () => write(`{"default": {}${' '.repeat(1024 * 1024)}}`),
    () => rmSync(file),
  ]) {
    const before = told.length;
    spoil();
    await eventually('it is told', () => told.length > before);
    expect(told.at(-1)).toMatchObject({ err: { name: 'ConfigError' } });
    expect(limits.limitsOf('acme')).toEqual({ messagesPerMinute: 2 });
  }
  limits.close();
});
