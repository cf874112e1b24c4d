/** A token is taken only as it was minted, by this deployment, and until its end. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { Tokens } from '../../src/tenants/index.ts';
import type { TokenKey } from '../../src/tenants/index.ts';

const secret = (id: string, fill = id): TokenKey => {
  const bytes = Buffer.alloc(32, fill);
  return { id, algorithm: 'HS256', signs: bytes, verifies: bytes };
};
const pair = generateKeyPairSync('ed25519');
const PAIR: TokenKey = { id: 'ed', algorithm: 'EdDSA', signs: pair.privateKey, verifies: pair.publicKey };
const REQUEST = { subject: 'ana', name: 'Ana B.', sessions: ['s1', 'team-*'], roles: ['lead'] };

test.each([
  ['HS256', secret('a')],
  ['EdDSA', PAIR],
])('%s: what was minted is what is verified', async (_, key) => {
  const tokens = new Tokens([key]);
  const { token, expiresAt } = await tokens.mint('acme', { ...REQUEST, role: 'observer' });
  const { tenant, grant } = await tokens.verify(token);
  expect(tenant).toBe('acme');
  expect(grant).toMatchObject({ ...REQUEST, scopes: ['watch'] });
  expect(Math.abs((grant?.expiresAt ?? 0) - expiresAt)).toBeLessThan(1_000);
});

test('keys rotate with an overlap', async () => {
  const { token } = await new Tokens([secret('old')]).mint('acme', REQUEST);
  await expect(new Tokens([secret('new'), secret('old')]).verify(token)).resolves.toMatchObject({
    tenant: 'acme',
  });
  await expect(new Tokens([secret('new')]).verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('one that has ended can be mended by another one', async () => {
  const tokens = new Tokens([secret('a')]);
  const { token } = await tokens.mint('acme', { ...REQUEST, ttlMs: -60_000 });
  await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'token_expired' });
});

const CLAIMS = { tenant: 'acme', sessions: ['*'], scope: 'watch', roles: [] };
const signed = (
  claims: object,
  key: Uint8Array,
  kid = 'a',
  { audience = 'convoke', issuer = 'convoke' } = {},
): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('ana')
    .setJti('1')
    .setExpirationTime('5m')
    .sign(key);
const own = Buffer.alloc(32, 'a');
const spki = (): Buffer => pair.publicKey.export({ type: 'spki', format: 'der' });
const raw = (): Buffer => Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

test.each<[string, () => Promise<string> | string]>([
  [
    'no signature',
    () => new UnsecuredJWT(CLAIMS).setIssuer('convoke').setAudience('convoke').setSubject('ana').encode(),
  ],
  ['another key', () => signed(CLAIMS, Buffer.alloc(32, 'z'))],
  ['an unknown key id', () => signed(CLAIMS, own, 'nobody')],
  ['another audience', () => signed(CLAIMS, own, 'a', { audience: 'other' })],
  ['another issuer', () => signed(CLAIMS, own, 'a', { issuer: 'other' })],
  ['a public key as the secret', () => signed(CLAIMS, spki(), 'ed')],
  ['a raw public key as the secret', () => signed(CLAIMS, raw(), 'ed')],
  ['no tenant', () => signed({ ...CLAIMS, tenant: undefined }, own)],
  ['a tenant that is none', () => signed({ ...CLAIMS, tenant: 'a:b' }, own)],
  ['sessions that are none', () => signed({ ...CLAIMS, sessions: ['a*b'] }, own)],
  ['nothing in it', () => 'a.b.c'],
])('one with %s is refused', async (_, token) => {
  const tokens = new Tokens([secret('a'), PAIR]);
  await expect(tokens.verify(await token())).rejects.toMatchObject({
    code: 'unauthorized',
  });
});

test('without a key that signs none is minted', async () => {
  const minted = new Tokens([]).mint('acme', REQUEST);
  await expect(minted).rejects.toMatchObject({ code: 'tokens_not_set_up' });
  await expect(minted).rejects.toThrow('CONVOKE_TOKEN_KEYS');
});
