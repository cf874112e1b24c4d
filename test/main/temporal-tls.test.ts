/** Temporal behind TLS, client certificates and an API key, as gateways (the client) and workers (the native connection) reach it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/main/config.ts';
import { examineTemporal } from '../../src/main/examine-temporal.ts';
import { connectTemporal } from '../../src/main/temporal.ts';
import { startTemporal } from '../support/temporal.ts';
import type { TestTemporal } from '../support/temporal.ts';
import { makeCertificates, startKeyProxy, startTlsProxy } from '../support/tls.ts';
import type { Certificates, TlsProxy } from '../support/tls.ts';

const KEY = 'the-key';

let temporal: TestTemporal;
let certificates: Certificates;
let tls: TlsProxy;
let mutual: TlsProxy;
let keyed: TlsProxy;

beforeAll(async () => {
  certificates = makeCertificates();
  temporal = await startTemporal();
  [tls, mutual, keyed] = await Promise.all([
    startTlsProxy(temporal.port, certificates),
    startTlsProxy(temporal.port, certificates, { clients: true }),
    startKeyProxy(temporal.port, certificates, KEY),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all([tls, mutual, keyed].map((each) => each.stop()));
  await temporal.stop();
  certificates.remove();
});

/** Nothing of the machine's own profile. */
const bare = (): Record<string, string> => ({ XDG_CONFIG_HOME: dirname(certificates.ca) });
const trusting = (): Record<string, string> => ({
  ...bare(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.ca,
});
const known = (): Record<string, string> => ({
  ...trusting(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.clientCert,
  TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.clientKey,
});

/** What a gateway and what a worker say: null if it can be used. */
async function both(env: Record<string, string>): Promise<readonly (string | null)[]> {
  const { fault } = await examineTemporal(env);
  const worker = await connectTemporal(readConfig(env).temporal).then(
    async (connection) => {
      await connection.close();
      return null;
    },
    (error: unknown) => (error as { code: string }).code,
  );
  return [fault?.code ?? null, worker];
}

const WORKS = [null, null];
const NO_ANSWER = ['temporal_unavailable', 'temporal_unavailable'];

describe('over TLS', () => {
  test('with the authority from a file, or in the environment', async () => {
    expect(await both({ ...trusting(), TEMPORAL_ADDRESS: tls.address })).toEqual(WORKS);
    const data = { ...bare(), TEMPORAL_TLS_SERVER_CA_CERT_DATA: readFileSync(certificates.ca, 'utf8') };
    expect(await both({ ...data, TEMPORAL_ADDRESS: tls.address })).toEqual(WORKS);
  });

  test('not with an authority that nobody knows, nor without TLS', async () => {
    expect(await both({ ...bare(), TEMPORAL_TLS: 'true', TEMPORAL_ADDRESS: tls.address })).toEqual(NO_ANSWER);
    expect(await both({ ...bare(), TEMPORAL_ADDRESS: tls.address })).toEqual(NO_ANSWER);
  }, 30_000);

  test('with a profile of the standard file', async () => {
    const file = join(dirname(certificates.ca), 'temporal.toml');
    writeFileSync(
      file,
      `[profile.mtls]\naddress = "${mutual.address}"\n[profile.mtls.tls]\nserver_ca_cert_path = "${certificates.ca}"\n` +
        `client_cert_path = "${certificates.clientCert}"\nclient_key_path = "${certificates.clientKey}"\n`,
    );
    expect(await both({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'mtls' })).toEqual(WORKS);
  });
});

test('with a client certificate, and not without one', async () => {
  expect(await both({ ...known(), TEMPORAL_ADDRESS: mutual.address })).toEqual(WORKS);
  expect(await both({ ...trusting(), TEMPORAL_ADDRESS: mutual.address })).toEqual(NO_ANSWER);
}, 30_000);

test('with an API key, and not with another one, which is said', async () => {
  const env = { ...trusting(), TEMPORAL_ADDRESS: keyed.address };
  expect(await both({ ...env, TEMPORAL_API_KEY: KEY })).toEqual(WORKS);
  expect(await both({ ...env, TEMPORAL_API_KEY: 'wrong' })).toEqual(['temporal_refused', 'temporal_refused']);
  const { fault } = await examineTemporal({ ...env, TEMPORAL_API_KEY: 'wrong' });
  expect(fault?.fix).toContain('TEMPORAL_API_KEY');
}, 30_000);
