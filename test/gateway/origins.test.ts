/** Which pages and apps may connect. */
import { describe, expect, test } from '@jest/globals';
import { originCheck } from '../../src/gateway/origins.ts';

const origins = ['https://App.example.com:443', 'http://localhost:5173', 'capacitor://localhost', 'app://.'];

describe('a listed origin', () => {
  const allows = originCheck({ origins, devMode: false });

  test.each([
    ['https://app.example.com', true],
    ['http://app.example.com', false],
    ['https://app.example.com:8443', false],
    ['https://app.example.com.evil.com', false],
    ['http://localhost:5173', true],
    ['http://localhost', false],
    ['capacitor://localhost', true],
    ['CAPACITOR://LOCALHOST', true],
    ['capacitor://evil', false],
    ['ionic://localhost', false],
    ['app://.', true],
    ['app://x', false],
    ['null', false],
    ['file://', false],
    ['', false],
  ])('%s: %s', (origin, may) => {
    expect(allows(origin, 'gateway.example.com')).toBe(may);
  });
});

test('an app whose host is called like the gateway is not its page', () => {
  const allows = originCheck({ origins: [], devMode: true });
  expect(allows('capacitor://localhost', 'localhost')).toBe(false);
  expect(allows('http://localhost', 'localhost')).toBe(true);
  expect(allows('http://localhost:9', 'gateway')).toBe(true);
});
