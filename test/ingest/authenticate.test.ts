import { describe, expect, test } from '@jest/globals';
import { bearerToken, createAuthenticator } from '../../src/ingest/index.ts';

const keys = new Map([['sk_live_1', 'acme']]);

describe('authenticator', () => {
  test('a key opens its tenant', async () => {
    const authenticator = createAuthenticator({ keys, devKey: false });
    await expect(authenticator.authenticate('sk_live_1')).resolves.toEqual({ tenant: 'acme' });
  });

  test('the key dev opens the tenant dev, in dev mode only', async () => {
    await expect(createAuthenticator({ keys, devKey: true }).authenticate('dev')).resolves.toEqual({
      tenant: 'dev',
    });
    await expect(createAuthenticator({ keys, devKey: false }).authenticate('dev')).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });

  test.each([undefined, null, '', 'sk_live_2', 'sk_live_1 ', 1, {}, ['sk_live_1'], 'x'.repeat(100_000)])(
    'refuses %j',
    async (token) => {
      const authenticator = createAuthenticator({ keys, devKey: true });
      await expect(authenticator.authenticate(token)).rejects.toMatchObject({ code: 'unauthorized' });
    },
  );

  test('holds no key in clear', () => {
    const authenticator = createAuthenticator({ keys, devKey: false });
    expect(JSON.stringify(authenticator)).not.toContain('sk_live_1');
  });

  test('a tenant that is no id is a mistake of the deployment', () => {
    expect(() => createAuthenticator({ keys: new Map([['k', 'a:b']]), devKey: false })).toThrow(/tenant/);
  });
});

test.each([
  ['Bearer abc', 'abc'],
  ['bearer  abc', 'abc'],
  ['Basic abc', undefined],
  ['Bearer', undefined],
  ['Bearer a b', undefined],
  [undefined, undefined],
])('the token of %j is %j', (header, token) => {
  expect(bearerToken(header)).toBe(token);
});
