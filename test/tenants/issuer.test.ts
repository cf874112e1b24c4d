/** Tokens of a customer's own issuer are taken for what the configuration says, and for nothing else. */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { LIMITS } from '../../src/contracts/index.ts';
import { Issuer, Tokens } from '../../src/tenants/index.ts';
import type { IssuerSettings } from '../../src/tenants/index.ts';

const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  next: generateKeyPairSync('ed25519'),
};
const ALGORITHMS = { rsa: 'RS256', ec: 'ES256', next: 'EdDSA' };
type Kid = keyof typeof pairs;
const NAME = 'https://id.example.com/';

/** What the issuer serves, and how often it was asked. */
let served: Kid[] = ['rsa', 'ec'];
let answer: { status: number; body?: string } = { status: 200 };
let asked = 0;
let url = '';
const troubles: unknown[] = [];

const server = createServer((_, response) => {
  asked += 1;
  const keys = served.map(async (kid) => ({ ...(await exportJWK(pairs[kid].publicKey)), kid }));
  void Promise.all(keys).then((all) => {
    response.writeHead(answer.status, { location: '/elsewhere' });
    response.end(answer.body ?? JSON.stringify({ keys: all }));
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
afterAll(() => void server.close());
beforeEach(() => {
  [served, answer, asked] = [['rsa', 'ec'], { status: 200 }, 0];
  troubles.length = 0;
});

const issuer = (settings: Partial<IssuerSettings> = {}): Tokens =>
  new Tokens(
    [],
    [
      new Issuer(
        { issuer: NAME, audience: 'chat', jwksUrl: url, tenant: 'acme', ...settings },
        (error) => void troubles.push(error),
      ),
    ],
  );

interface Signing {
  readonly kid?: Kid | 'unknown';
  readonly key?: KeyObject | Uint8Array;
  readonly alg?: string;
  readonly end?: string | number;
}

function signed(claims: object = {}, { kid = 'rsa', key, alg, end = '5m' }: Signing = {}): Promise<string> {
  const known = kid === 'unknown' ? 'rsa' : kid;
  const base = { iss: NAME, aud: 'chat', sub: 'auth0|ana', sessions: ['s1'], scope: 'openid watch' };
  return new SignJWT({ ...base, ...claims })
    .setProtectedHeader({ alg: alg ?? ALGORITHMS[known], kid })
    .setExpirationTime(end)
    .sign(key ?? pairs[known].privateKey);
}

test('claims say who it is, and what they may do', async () => {
  const tokens = issuer();
  for (const kid of ['rsa', 'ec'] as const)
    expect(await tokens.verify(await signed({ name: 'Ana', roles: ['lead'] }, { kid }))).toMatchObject({
      tenant: 'acme',
      grant: { subject: 'auth0|ana', name: 'Ana', sessions: ['s1'], scopes: ['watch'], roles: ['lead'] },
    });
  const mapped = issuer({
    tenant: { claim: 'org', values: { o1: 'acme', o2: 'globex' } },
    claims: { subject: 'email', role: 'https://acme.example/role', sessions: 'rooms' },
    sessions: ['lobby-*'],
    role: 'observer',
  });
  const claims = { org: 'o2', email: 'a@example.com' };
  expect(await mapped.verify(await signed({ ...claims, scope: 'openid email' }))).toMatchObject({
    tenant: 'globex',
    grant: { subject: 'a@example.com', sessions: ['lobby-*'], scopes: ['watch'] },
  });
  const operator = { ...claims, rooms: ['r1'], 'https://acme.example/role': 'operator' };
  expect(await mapped.verify(await signed(operator))).toMatchObject({
    grant: { sessions: ['r1'], scopes: expect.arrayContaining(['operate']) },
  });
  for (const org of ['o3', 'toString', undefined, ['o1']])
    await expect(mapped.verify(await signed({ ...claims, org }))).rejects.toMatchObject({
      code: 'unauthorized',
    });
});

test('nothing else comes in', async () => {
  const tokens = issuer();
  const publicKey = pairs.rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const header = Buffer.from('{"alg":"none","kid":"rsa"}').toString('base64url');
  const [, payload = ''] = (await signed()).split('.');
  const wrong = {
    'another audience': await signed({ aud: 'other' }),
    'another issuer': await signed({ iss: 'https://other.example.com/' }),
    'a tenant claim': await signed({ iss: 'convoke', tenant: 'acme' }),
    'another key': await signed({}, { key: pairs.next.privateKey, alg: 'EdDSA' }),
    'the public key as a secret': await signed({}, { key: Buffer.from(publicKey), alg: 'HS256' }),
    'no signature': `${header}.${payload}.`,
    'no subject': await signed({ sub: undefined }),
    'a blank subject': await signed({ sub: '  ' }),
    'a long subject': await signed({ sub: 'a'.repeat(LIMITS.nameChars + 1) }),
    'sessions that are none': await signed({ sessions: ['a*b'] }),
  };
  for (const [what, token] of Object.entries(wrong))
    expect([what, await tokens.verify(token).catch((error: unknown) => error)]).toMatchObject([
      what,
      { code: 'unauthorized' },
    ]);
  const ended = await signed({}, { end: 1 });
  await expect(tokens.verify(ended)).rejects.toMatchObject({ code: 'token_expired' });
  expect(asked).toBe(1);
});

test('one that lasts for years is looked at again after a day', async () => {
  const { grant } = await issuer().verify(await signed({}, { end: '9y' }));
  expect(grant?.expiresAt).toBeLessThanOrEqual(Date.now() + LIMITS.tokenMostMs);
});

test('an issuer that is away is asked once in a while, and what was read goes on counting', async () => {
  const tokens = issuer();
  answer = { status: 503 };
  const first = await signed();
  await expect(tokens.verify(first)).rejects.toMatchObject({ code: 'issuer_unavailable' });
  await expect(tokens.verify(first)).rejects.toMatchObject({ code: 'issuer_unavailable' });
  expect([asked, troubles.length]).toEqual([1, 1]);

  answer = { status: 200 };
  const known = issuer();
  await known.verify(first);
  answer = { status: 503 };
  const unknown = await signed({}, { kid: 'unknown' });
  const crowd = Array.from({ length: 50 }, () => known.verify(unknown).catch((error: unknown) => error));
  for (const error of await Promise.all(crowd)) expect(error).toMatchObject({ code: 'unauthorized' });
  await expect(known.verify(first)).resolves.toMatchObject({ tenant: 'acme' });
  expect(asked).toBe(2);
});

test.each([
  ['a redirect', { status: 302 }],
  ['more than it may', { status: 200, body: ' '.repeat(LIMITS.issuerBytes + 1) }],
  ['something else', { status: 200, body: '<html>' }],
  ['a set that is none', { status: 200, body: '{"keys":"none"}' }],
])('%s is no set of keys', async (_, given) => {
  answer = given;
  await expect(issuer().verify(await signed())).rejects.toMatchObject({ code: 'issuer_unavailable' });
  expect(troubles).toHaveLength(1);
});
