/** A Redis Cluster over mutual TLS: its nodes take nobody who shows no certificate. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionRef } from '../../src/contracts/index.ts';
import { connectChannels, connectCommands, createRedisLog } from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { slotOf } from '../../src/log/slots.ts';
import { recorder } from '../conformance/log-hearing.suite.ts';
import { eventually } from '../support/process.ts';
import { startCluster, type TestCluster } from '../support/redis-cluster.ts';
import { makeCertificates, type Certificates } from '../support/tls.ts';
import { create, message, of } from './drafts.ts';

const SESSIONS = 12;

let certificates: Certificates;
let cluster: TestCluster;

beforeAll(async () => {
  certificates = makeCertificates();
  cluster = await startCluster(certificates);
}, 60_000);
afterAll(async () => {
  await cluster.stop();
  certificates.remove();
});

/** `REDIS_URL`, with these parameters. */
const urlWith = (parameters: Readonly<Record<string, string>>): string =>
  cluster.nodes
    .map(({ port }) => `rediss://127.0.0.1:${port}?${new URLSearchParams(parameters).toString()}`)
    .join(',');

test('every session works, and is heard, whichever node serves it', async () => {
  const { ca, clientCert, clientKey } = certificates;
  const url = urlWith({ ssl_ca_certs: ca, ssl_certfile: clientCert, ssl_keyfile: clientKey });
  const commands = connectCommands(url, () => undefined);
  const notices = connectChannels(url, commands, () => undefined);
  await commands.connect();
  await notices.connect();
  try {
    const log = createRedisLog({ commands, subscriber: notices.channels });
    const refs = Array.from({ length: SESSIONS }, (_, n): SessionRef => ({
      tenant: 'acme',
      session: `s${n}`,
    }));
    for (const ref of refs) {
      const known = await create(log, ref);
      const { heard, listener } = recorder();
      await log.subscribe(ref, listener);
      of('ok', await log.append(ref, { known, drafts: [message('a')] }));
      await eventually('it is heard', () => heard.some((each) => (each as unknown[])[0] === 'event'));
    }
    const nodes = await Promise.all(refs.map((ref) => cluster.masterOf(slotOf(logKeys(ref).channel))));
    expect(new Set(nodes).size).toBe(3);
  } finally {
    notices.close();
    commands.disconnect();
  }
});

test('who shows no certificate is not let in, and hears of it', async () => {
  const errors: string[] = [];
  const commands = connectCommands(urlWith({ ssl_ca_certs: certificates.ca }), (error) => {
    errors.push([error, (error as { readonly lastNodeError?: Error }).lastNodeError].join(' '));
  });
  commands.connect().catch(() => undefined);
  await eventually('it is refused', () => errors.length > 0);
  expect(commands.status).not.toBe('ready');
  commands.disconnect();
});
