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
