/** Which key opens which page, and where one lands. */
import { describe, expect, test } from '@jest/globals';
import { fitting, homeOf, staysAt, withKey } from '../../console/src/shared/keys.ts';
import type { Key } from '../../console/src/shared/keys.ts';

const acme: Key = { secret: 'a', kind: 'tenant', tenant: 'acme' };
const brook: Key = { secret: 'b', kind: 'tenant', tenant: 'brook' };
const operator: Key = { secret: 'o', kind: 'operator', tenant: '' };
const sessions = { needs: 'tenant', tenant: null } as const;
const system = { needs: 'operator', tenant: null } as const;

test('each page has the key that fits it; of tenants the one used last, unless the address names one', () => {
  const keys = [operator, brook, acme];
  expect(fitting(keys, system)).toBe(operator);
  expect(fitting(keys, sessions)).toBe(brook);
  expect(fitting(keys, { needs: 'tenant', tenant: 'acme' })).toBe(acme);
  expect(fitting(keys, { needs: 'tenant', tenant: 'cedar' })).toBeUndefined();
  expect(fitting([operator], sessions)).toBeUndefined();
  expect(fitting([acme], system)).toBeUndefined();
});

test('one key is kept for each tenant, and one of operators', () => {
  const newer: Key = { ...acme, secret: 'a2' };
  expect(withKey([operator, brook, acme], newer)).toEqual([newer, operator, brook]);
  expect(withKey([acme, operator], { ...operator, secret: 'o2' })).toEqual([
    { ...operator, secret: 'o2' },
    acme,
  ]);
});

describe('after sign-in', () => {
  test('a page that the key opens stays', () => {
    expect(staysAt(sessions, acme, undefined)).toBe(true);
    expect(staysAt(sessions, acme, acme)).toBe(true);
    expect(staysAt(system, operator, acme)).toBe(true);
    expect(staysAt({ needs: 'tenant', tenant: 'acme' }, acme, brook)).toBe(true);
  });

  test('any other is left for the first page of the key', () => {
    expect(staysAt(sessions, operator, undefined)).toBe(false);
    expect(staysAt(system, acme, undefined)).toBe(false);
    expect(staysAt({ needs: null, tenant: null }, acme, acme)).toBe(false);
    // A session of another tenant.
    expect(staysAt(sessions, acme, brook)).toBe(false);
    expect(staysAt({ needs: 'tenant', tenant: 'brook' }, acme, undefined)).toBe(false);
    expect([homeOf(operator), homeOf(acme), homeOf(undefined)]).toEqual([
      '/system',
      '/sessions',
      '/sessions',
    ]);
  });
});
