/** What an operator hears of a Redis that cannot be used, and Redis over TLS with a user of its access list. */
import { fileURLToPath } from 'node:url';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openLog } from '../../src/main/redis.ts';
import type { LogConnections } from '../../src/main/redis.ts';
import type { LoggedEvent } from '../../src/contracts/index.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { create } from '../log/drafts.ts';
import { freePort } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { makeCertificates } from '../support/tls.ts';
import type { Certificates } from '../support/tls.ts';

/** The sources: nothing here needs a build. */
const PROGRAM = fileURLToPath(new URL('../../src/main/convoke.ts', import.meta.url));
const PASSWORD = 's3cret';
/** What deploy/README.md says a user needs. */
const USER = ['--user', 'convoke', 'on', `>${PASSWORD}`, '~*', '&*', '+@all', '-@dangerous'];

let certificates: Certificates;
let redis: TestRedis | undefined;
let opened: LogConnections | undefined;
let lines: string[] = [];

beforeAll(() => {
  certificates = makeCertificates();
});
afterAll(() => certificates.remove());
afterEach(async () => {
  opened?.close();
  await redis?.stop();
  lines = [];
});

async function open(url: string): Promise<LogConnections> {
  const logger = createLogger('worker', 'info', { write: (line) => void lines.push(line) });
  opened = await openLog(url, { logger, seal: null });
  return opened;
}

const told = (message: string): string[] => lines.filter((line) => line.includes(`"msg":"${message}`));

test('one that is away is told in one line, with the reason, and so is that it is back', async () => {
  redis = await startRedis();
  await open(redis.url);
  await redis.kill();
  await eventually('it is told', () => told('Redis cannot be used').length > 0);
  expect(JSON.parse(told('Redis cannot be used')[0]!)).toMatchObject({
    ...{ level: 'warn', redis: `127.0.0.1:${redis.port}`, reason: expect.any(String) },
  });
  await redis.start();
  await eventually('it is back', () => told('Redis is back').length === 1);
  expect(told('Redis cannot be used')).toHaveLength(1);
});

test.each([
  ['without its password', ''],
  ['with another password', ':other@'],
])('one that takes connections, asked %s, is told with what it answers', async (_, credentials) => {
  redis = await startRedis(['--requirepass', PASSWORD]);
  await open(`redis://${credentials}127.0.0.1:${redis.port}`);
  await eventually('it is told', () => told('Redis cannot be used').length > 0);
  expect(told('Redis cannot be used')[0]).toMatch(/NOAUTH|WRONGPASS/);
});

test('a user of the access list without dangerous commands is enough', async () => {
  redis = await startRedis([...USER, '--user', 'default', 'off']);
  const { log } = await open(`redis://convoke:${PASSWORD}@127.0.0.1:${redis.port}`);
  const ref = { tenant: 't', session: 's' };
  const heard: string[] = [];
  const nothing = (): void => undefined;
  const event = (_epoch: number, { type }: LoggedEvent): void => void heard.push(type);
  await log.subscribe(ref, { event, delta: nothing, epoch: nothing, reconnected: nothing });
  await create(log, ref);
  await eventually('the notice has come', () => heard.includes('session.created'));
  expect((await log.read(ref, { limit: 1 }))?.events).toHaveLength(1);
  expect(told('Redis cannot be used')).toEqual([]);
});

test('a gateway reaches one over mutual TLS, with user and password, and logs neither', async () => {
  const tlsPort = await freePort();
  const tls = ['--tls-port', String(tlsPort), '--tls-auth-clients', 'yes'];
  const files = ['--tls-cert-file', certificates.cert, '--tls-key-file', certificates.key];
  redis = await startRedis([...tls, ...files, '--tls-ca-cert-file', certificates.ca, ...USER]);
  const { clientCert, clientKey } = certificates;
  const shown = `ssl_certfile=${clientCert}&ssl_keyfile=${clientKey}`;
  const home = mkdtempSync(join(tmpdir(), 'convoke-redis-tls-'));
  const port = await freePort();
  const env = {
    ...{ CONVOKE_HOME: home, XDG_CONFIG_HOME: home, CONVOKE_DEV: '1', TEMPORAL_ADDRESS: '127.0.0.1:1' },
    ...{ NODE_EXTRA_CA_CERTS: certificates.ca, CONVOKE_ARCHIVE_URL: `sqlite:${join(home, 'a.db')}` },
    REDIS_URL: `rediss://convoke:${PASSWORD}@127.0.0.1:${tlsPort}?${shown}`,
  };
  const gateway = startProcess(process.execPath, [PROGRAM, 'gateway', '--port', String(port)], env);
  try {
    await eventually(
      'it reaches Redis',
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
        const { checks } = (await answer.json()) as { checks: Record<string, string> };
        return checks['redis'] === 'ok';
      },
      60_000,
    );
    expect(gateway.output()).not.toContain(PASSWORD);
    expect(gateway.output()).not.toContain('Redis cannot be used');
  } finally {
    await gateway.end('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}, 90_000);
