/** Settings of session tokens: keys that sign them, and other issuers. A mistake is told when a gateway starts. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/main/config.ts';
import { tokenKeysIn } from '../../src/main/token-keys.ts';
import { Tokens } from '../../src/tenants/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'convoke-tokens-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const jwk = (key: typeof privateKey): string => JSON.stringify(key.export({ format: 'jwk' }));
const SECRET = 'a1'.repeat(32);
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return `file:${join(folder, name)}`;
};
const of = (keys: string): Tokens => new Tokens(readConfig({ CONVOKE_TOKEN_KEYS: keys }).tokenKeys);
const REQUEST = { subject: 'ana', sessions: ['s1'] };

describe('keys', () => {
  test.each([
    ['a PEM', base64(PEM)],
    ['a JWK', base64(jwk(privateKey))],
    ['a file with a PEM', file('key.pem', PEM)],
    ['a file with a JWK', file('key.json', jwk(privateKey))],
  ])('%s signs, whoever has the public key verifies, and it is published', async (_, key) => {
    const tokens = of(`k1=${key}`);
    const { token } = await tokens.mint('acme', REQUEST);
    const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const given of [base64(spki), base64(jwk(publicKey)), file('public.pem', spki)])
      await expect(of(`k1=${given}`).verify(token)).resolves.toMatchObject({ tenant: 'acme' });
    const { x } = publicKey.export({ format: 'jwk' });
    const published = { kty: 'OKP', crv: 'Ed25519', x, kid: 'k1', alg: 'EdDSA', use: 'sig' };
    expect(await tokens.publicKeys()).toEqual({ keys: [published] });
  });

  test('rotate: the next one is published before it signs, the last one until its tokens have ended', async () => {
    const [next, last] = [`next=${base64(PEM)}`, `last=${SECRET}`];
    const { token: old } = await of(last).mint('acme', REQUEST);
    const both = of(`${last},${next}`);
    expect((await both.publicKeys()).keys.map(({ kid }) => kid)).toEqual(['next']);
    const { token: fresh } = await of(`${next},${last}`).mint('acme', REQUEST);
    for (const token of [old, fresh])
      await expect(both.verify(token)).resolves.toMatchObject({ tenant: 'acme' });
    await expect(of(next).verify(old)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('a secret is never published', async () => {
    expect(await of(`k1=${SECRET}`).publicKeys()).toEqual({ keys: [] });
  });

  describe('in dev mode', () => {
    const started = (env: Readonly<Record<string, string>>): Tokens =>
      new Tokens(tokenKeysIn(readConfig(env)));
    const dev = (): Tokens => started({ CONVOKE_DEV: '1' });

    test('there is one for the tenant `dev` that all such gateways know, and nobody else does', async () => {
      const { token } = await dev().mint('dev', REQUEST);
      await expect(dev().verify(token)).resolves.toMatchObject({ tenant: 'dev', grant: { subject: 'ana' } });
      const others = [{}, { CONVOKE_TOKEN_KEYS: `dev=${SECRET}` }, { CONVOKE_TOKEN_KEYS: `k1=${SECRET}` }];
      for (const env of others)
        await expect(started(env).verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
      await expect(started({}).mint('dev', REQUEST)).rejects.toMatchObject({ code: 'tokens_not_set_up' });
    });

    test('everybody knows it, so it opens no other tenant', async () => {
      await expect(dev().mint('acme', REQUEST)).rejects.toMatchObject({ code: 'tokens_not_set_up' });
      const [known] = tokenKeysIn(readConfig({ CONVOKE_DEV: '1' }));
      const { tenant, ...key } = known!;
      const { token } = await new Tokens([key]).mint('acme', REQUEST);
      expect(tenant).toBe('dev');
      await expect(dev().verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
    });

    test('one that was given takes its place', async () => {
      const given = { CONVOKE_TOKEN_KEYS: `k1=${SECRET}` };
      const { token } = await started({ ...given, CONVOKE_DEV: '1' }).mint('dev', REQUEST);
      await expect(started(given).verify(token)).resolves.toMatchObject({ tenant: 'dev' });
      await expect(dev().verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
    });
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  test.each([
    ['no id', SECRET, 'give id=key'],
    ['an id twice', `a=${SECRET},a=${SECRET}`, 'twice'],
    ['a short secret', 'a=abc', '32 bytes'],
    ['a file that is away', 'a=file:/nowhere/key.pem', '/nowhere/key.pem cannot be read'],
    [
      'a key of another kind',
      `a=${base64(rsa.export({ type: 'pkcs8', format: 'pem' }).toString())}`,
      'Ed25519',
    ],
    ['a secret as a JWK', `a=${base64(JSON.stringify({ kty: 'oct', k: SECRET }))}`, 'Ed25519'],
    ['a broken PEM', `a=${base64('-----BEGIN PRIVATE KEY-----\nxx')}`, 'Ed25519'],
  ])('%s is told, without the key', (_, keys, sentence) => {
    expect(() => of(keys)).toThrow(expect.objectContaining({ message: expect.stringContaining(sentence) }));
    expect(() => of(keys)).not.toThrow(SECRET);
  });
});

const ISSUER = {
  issuer: 'https://id.example.com/',
  audience: 'chat',
  jwksUrl: 'https://id.example.com/jwks',
};
const issuersOf = (...issuers: object[]): unknown =>
  readConfig({ CONVOKE_TOKEN_ISSUERS: JSON.stringify(issuers) }).issuers;

describe('issuers', () => {
  test('stand in the variable, or in a file', () => {
    const given = { ...ISSUER, tenant: { claim: 'org', values: { o1: 'acme' } }, sessions: ['team-*'] };
    expect(issuersOf(given)).toEqual([given]);
    const path = file('issuers.json', JSON.stringify([given])).replace('file:', '');
    expect(readConfig({ CONVOKE_TOKEN_ISSUERS: path }).issuers).toEqual([given]);
    expect(readConfig({}).issuers).toEqual([]);
  });

  const whole = { ...ISSUER, tenant: 'acme' };
  test.each<[string, object[], string]>([
    ['no tenant', [ISSUER], 'tenant'],
    ['a plain address', [{ ...whole, jwksUrl: 'http://id.example.com/jwks' }], 'https'],
    ['a name like localhost', [{ ...whole, jwksUrl: 'http://localhost.example.com/' }], 'https'],
    ['the name of this deployment', [{ ...whole, issuer: 'convoke' }], 'itself'],
    ['one twice', [whole, whole], 'twice'],
    ['a setting that is none', [{ ...whole, secret: 'x' }], 'secret'],
    ['a tenant that is none', [{ ...whole, tenant: 'a:b' }], 'tenant'],
  ])('%s is told', (_, issuers, sentence) => {
    expect(() => issuersOf(...issuers)).toThrow(sentence);
  });

  test('what is no JSON, and a file that is away', () => {
    expect(() => readConfig({ CONVOKE_TOKEN_ISSUERS: '[x' })).toThrow('not valid JSON');
    expect(() => readConfig({ CONVOKE_TOKEN_ISSUERS: '/nowhere.json' })).toThrow('cannot be read');
  });
});
