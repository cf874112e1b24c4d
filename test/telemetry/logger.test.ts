import { expect, test } from '@jest/globals';
import { createLogger } from '../../src/telemetry/index.ts';

test.each(['err', 'error'])('an error is told, whether it is called %s', (name) => {
  const lines: string[] = [];
  const logger = createLogger('worker', 'info', { write: (line) => void lines.push(line) });
  logger.warn({ [name]: new TypeError('not a function') }, 'It failed');
  const told = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(told).toMatchObject({ role: 'worker', level: 'warn', msg: 'It failed' });
  expect(told[name]).toMatchObject({ type: 'TypeError', message: 'not a function' });
});

test('credentials in URLs are not logged, wherever they stand', () => {
  const lines: string[] = [];
  const logger = createLogger('worker', 'info', { write: (line) => void lines.push(line) });
  const url = 'redis://user:s3c/ret@cache:6379';
  const error = new Error(`connect ENOENT ${url}`, { cause: new Error(`for ${url}`) });
  logger.warn({ err: error, url, list: [`rediss://:s3cret@cache, and ${url}`] }, `It failed: ${url}`);
  expect(lines.join('')).not.toContain('s3c');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    ...{ msg: 'It failed: redis://***@cache:6379', url: 'redis://***@cache:6379' },
    list: ['rediss://***@cache, and redis://***@cache:6379'],
  });
  logger.info({}, 'mail me@example.com, see https://example.com:8080/me');
  expect(lines[1]).toContain('mail me@example.com, see https://example.com:8080/me');
});
