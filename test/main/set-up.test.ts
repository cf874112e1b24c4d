/** A Temporal that lacks the namespace, or the search attributes of sessions: readiness, requests, log and doctor say it, with the command that mends it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/main/config.ts';
import { examineTemporal } from '../../src/main/examine-temporal.ts';
import { openWorker } from '../../src/main/worker.ts';
import { attributesFault } from '../../src/temporal/set-up.ts';
import { freePort } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';
import type { TestProcess } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { temporalCli } from '../support/temporal.ts';

/** The sources: nothing here needs a build. */
const PROGRAM = fileURLToPath(new URL('../../src/main/convoke.ts', import.meta.url));
const CREATE_NAMESPACE = 'temporal operator namespace create --namespace nowhere';
const NAMES = ['ConvokeTenant', 'ConvokeSession', 'ConvokeTeam', 'ConvokeStatus', 'ConvokeParent'];
const REGISTER = `temporal operator search-attribute create --namespace bare ${NAMES.map((name) => `--name ${name} --type Keyword`).join(' ')}`;

interface Gateway {
  readonly url: string;
  readonly process: TestProcess;
}

let folder: string;
let redis: TestRedis;
let address: string;
let temporal: TestProcess | undefined;
let gateway: Gateway;
let elsewhere: Gateway;
const gateways: Gateway[] = [];

async function startGateway(namespace: string): Promise<Gateway> {
  const port = await freePort();
  const env = { ...environment(namespace), CONVOKE_ARCHIVE_URL: `sqlite:${join(folder, `${namespace}.db`)}` };
  const process_ = startProcess(process.execPath, [PROGRAM, 'gateway', '--port', String(port)], env);
  const started = { url: `http://127.0.0.1:${port}`, process: process_ };
  gateways.push(started);
  await eventually('it listens', () => process_.output().includes('Gateway listens'), 60_000);
  return started;
}

const environment = (namespace: string): Record<string, string> => ({
  ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, REDIS_URL: redis.url },
  ...{ CONVOKE_DEV: '1', CONVOKE_HOME: folder, XDG_CONFIG_HOME: folder },
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask({ url }: Gateway, path: string, body?: object): Promise<Answer> {
  const headers = { authorization: 'Bearer dev', 'content-type': 'application/json' };
  const more = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${url}${path}`, { headers, ...more });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const OPEN = { agents: [{ name: 'a', runner: 'scripted' }] };

/** How often a line of the log has this message. */
const told = ({ process: { output } }: Gateway, message: string): number =>
  output().split(message).length - 1;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-set-up-'));
  const port = await freePort();
  address = `127.0.0.1:${port}`;
  redis = await startRedis();
  [gateway, elsewhere] = await Promise.all([startGateway('bare'), startGateway('nowhere')]);
  await eventually('both say that there is no Temporal', () =>
    [gateway, elsewhere].every((each) => told(each, 'Temporal cannot be used') > 0),
  );
  const server = ['server', 'start-dev', '--headless', '--log-level', 'error', '--port', String(port)];
  temporal = startProcess(temporalCli(), [...server, '--namespace', 'bare']);
}, 120_000);

afterAll(async () => {
  await Promise.all(gateways.map((each) => each.process.end('SIGKILL')));
  await Promise.all([temporal?.end('SIGKILL'), redis.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a namespace that is not there', () => {
  test('readiness names the command that creates it', async () => {
    await eventually('the server has answered', async () => {
      const { status, body } = await ask(elsewhere, '/readyz');
      return status === 503 && 'reasons' in body && JSON.stringify(body['reasons']).includes('no namespace');
    });
    const { body } = await ask(elsewhere, '/readyz');
    expect(body).toMatchObject({
      ready: false,
      checks: { temporal: 'failed', redis: 'ok' },
      reasons: {
        temporal: expect.stringContaining(`"nowhere" (TEMPORAL_NAMESPACE). Run: ${CREATE_NAMESPACE}`),
      },
    });
    expect(JSON.stringify(body)).not.toContain(address);
  });

  test.each<readonly [string, string, object | undefined]>([
    ['opening a session', '/v1/sessions', OPEN],
    ['a message', '/v1/sessions/s/messages', { messageId: 'm', text: 'Hello.' }],
    ['a list', '/v1/sessions', undefined],
  ])('%s is refused with it', async (_, path, body) => {
    const answer = await ask(elsewhere, path, body);
    expect(answer).toMatchObject({
      status: 503,
      body: {
        code: 'temporal_not_set_up',
        retryable: true,
        detail: expect.stringContaining(CREATE_NAMESPACE),
      },
    });
  });

  test('a worker does not start and says the same', async () => {
    const config = readConfig({ ...environment('nowhere'), CONVOKE_LOG_LEVEL: 'silent' });
    await expect(openWorker(config)).rejects.toMatchObject({
      code: 'temporal_not_set_up',
      message: expect.stringContaining(CREATE_NAMESPACE),
    });
  });

  test('doctor says the same', async () => {
    expect(await examineTemporal(environment('nowhere'))).toMatchObject({
      address,
      fault: { code: 'temporal_not_set_up', fix: CREATE_NAMESPACE },
    });
  });
});

describe('a namespace without the search attributes', () => {
  test('readiness, log and doctor name the command that registers them, requests are refused, and the command mends it', async () => {
    await eventually('the server has answered', async () =>
      JSON.stringify((await ask(gateway, '/readyz')).body).includes('search attributes'),
    );
    expect((await ask(gateway, '/readyz')).body).toMatchObject({
      ready: false,
      reasons: { temporal: expect.stringContaining(`${NAMES.join(', ')} are missing. Run: ${REGISTER}`) },
    });
    for (const body of [OPEN, undefined]) {
      expect(await ask(gateway, '/v1/sessions', body)).toMatchObject({
        status: 503,
        body: { code: 'temporal_not_set_up', detail: expect.stringContaining('/readyz') },
      });
    }
    expect(await examineTemporal(environment('bare'))).toMatchObject({ fault: { fix: REGISTER } });
    const [, ...args] = REGISTER.split(' ');
    execFileSync(temporalCli(), [...args, '--address', address], { stdio: 'pipe' });
    await eventually('it is ready', async () => (await ask(gateway, '/readyz')).status === 200, 60_000);
    await eventually(
      'sessions are opened',
      async () => (await ask(gateway, '/v1/sessions', OPEN)).status === 201,
      60_000,
    );
    expect(await examineTemporal(environment('bare'))).toEqual({ address });
    await eventually('the log says so', () => told(gateway, 'Temporal is back') === 1);
  }, 150_000);

  test('what has another type is named with it', () => {
    const types = Object.fromEntries(NAMES.map((name) => [name, name === 'ConvokeTeam' ? 3 : 2]));
    expect(attributesFault(types, 'n')).toMatchObject({
      what: expect.stringContaining('ConvokeTeam is of the type Int, not Keyword.'),
      command:
        'temporal operator search-attribute remove --namespace n --name ConvokeTeam --yes && ' +
        'temporal operator search-attribute create --namespace n --name ConvokeTeam --type Keyword',
    });
  });
});
