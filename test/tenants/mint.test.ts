/** What a key may give away in a session token. */
import { expect, test } from '@jest/globals';
import { allowMint, SCOPES } from '../../src/tenants/index.ts';
import type { Principal } from '../../src/tenants/index.ts';

const held = (...scopes: NonNullable<Principal['key']>['scopes']): Principal => ({
  tenant: 'acme',
  key: { id: 'k', scopes },
});
const may = (principal: Principal, request: Parameters<typeof allowMint>[1]): boolean => {
  try {
    allowMint(principal, request);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'forbidden' });
    return false;
  }
};

test('a key mints no scope that it lacks itself', () => {
  const dashboard = held('watch', 'mint');
  expect(may(dashboard, { role: 'observer' })).toBe(true);
  expect(may(dashboard, { scopes: ['watch'] })).toBe(true);
  expect(may(dashboard, {})).toBe(false); // a participant
  expect(may(dashboard, { role: 'operator' })).toBe(false);
  expect(may(dashboard, { role: 'observer', scopes: ['operate'] })).toBe(false);
  expect(may(held(...SCOPES), { role: 'observer' })).toBe(false); // does not mint
  expect(may(held(...SCOPES, 'mint'), { role: 'operator' })).toBe(true);
  expect(may({ tenant: 'acme' }, { role: 'operator' })).toBe(true); // of the environment
});
