import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { examine } from '../../src/cli/commands/doctor.ts';
import type { Finding } from '../../src/cli/commands/doctor.ts';
import { obtainRedis } from '../../src/cli/setup/redis.ts';
import { freePort } from '../support/ports.ts';

let folder: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-doctor-'));
  mkdirSync(join(folder, 'bin'));
  env = {
    PATH: join(folder, 'bin'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    CONVOKE_HOME: join(folder, 'home'),
    PLAYWRIGHT_BROWSERS_PATH: join(folder, 'browsers'),
  };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that says its version. */
function program(name: string, says = '1.2.3', where = join(folder, 'bin')): string {
  mkdirSync(where, { recursive: true });
  const file = join(where, name);
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(file, 0o755);
  return file;
}

async function findings(
  ports: Partial<Record<'port' | 'temporalPort', number>> = {},
): Promise<Map<string, Finding>> {
  const plan = {
    port: await freePort(),
    temporalPort: await freePort(),
    temporalUiPort: await freePort(),
    ...ports,
    env,
  };
  return new Map((await examine(plan)).map((finding) => [finding.name, finding]));
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('doctor', () => {
  it('names what is missing and the command that fixes it', async () => {
    program('apt-get');
    const found = await findings();
    expect(found.get('temporal')).toMatchObject({ status: 'missing', fix: 'npx convoke setup' });
    expect(found.get('redis')).toMatchObject({
      status: 'missing',
      fix: expect.stringMatching(/apt-get install -y --no-install-recommends redis-server$/),
    });
    expect(found.get('chromium')).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('chromium'),
    });
    expect(found.get('node')).toMatchObject({ status: 'ok' });
    expect(found.get('state folder')).toMatchObject({ status: 'ok', found: env['CONVOKE_HOME'] });
  });

  it('finds what is there, with its version', async () => {
    const temporal = program(
      'temporal',
      'temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)',
      join(folder, 'cache/convoke/bin'),
    );
    const redis = program('valkey-server', 'Valkey server v=8.0.1');
    program('chromium');
    const found = await findings();
    expect(found.get('temporal')).toEqual({
      name: 'temporal',
      status: 'ok',
      found: `Server 1.29.1 at ${temporal}`,
    });
    expect(found.get('redis')).toEqual({ name: 'redis', status: 'ok', found: `8.0.1 at ${redis}` });
    expect(found.get('chromium')).toMatchObject({ status: 'ok' });
  });

  it('finds a Redis that is too old, and says so', async () => {
    const redis = program('redis-server', 'Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1');
    expect((await findings()).get('redis')).toMatchObject({
      status: 'missing',
      found: `6.0.16 at ${redis} is too old`,
    });
    await expect(obtainRedis(() => undefined, env)).rejects.toMatchObject({ code: 'redis_too_old' });
  });

  it('asks the servers that the environment names', async () => {
    const port = await freePort();
    Object.assign(env, { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, REDIS_URL: `redis://127.0.0.1:${port}` });
    const found = await findings();
    expect(found.get('temporal')).toMatchObject({
      status: 'missing',
      fix: expect.stringContaining('unset TEMPORAL_ADDRESS'),
    });
    expect(found.get('redis')).toMatchObject({
      status: 'missing',
      fix: expect.stringContaining('unset REDIS_URL'),
    });
    expect(found.has('port temporal')).toBe(false);
  });

  it('gives the command that tells a server of somebody else about our search attributes', async () => {
    const server = createServer();
    try {
      const address = `127.0.0.1:${await listening(server)}`;
      env['TEMPORAL_ADDRESS'] = address;
      const cli = program(
        'temporal',
        '{"customAttributes": {"ConvokeTenant": "Keyword", "ConvokeTeam": "Keyword"}}',
      );
      expect((await findings()).get('temporal')).toMatchObject({
        status: 'missing',
        fix:
          `${cli} operator search-attribute create --address ${address} --namespace default ` +
          '--name ConvokeSession --type Keyword --name ConvokeStatus --type Keyword --name ConvokeParent --type Keyword',
      });
    } finally {
      server.close();
    }
  });

  it('names who has a port', async () => {
    const server = createServer();
    try {
      const port = await listening(server);
      expect((await findings({ port })).get('port gateway')).toMatchObject({
        status: 'warning',
        found: expect.stringContaining(`process ${process.pid}`),
        fix: expect.stringContaining(`--port ${port + 1}`),
      });
    } finally {
      server.close();
    }
  });

  it('tells a model that cannot be used from one that can', async () => {
    env['OPENAI_API_KEY'] = 'k';
    expect((await findings()).get('model')).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('CONVOKE_MODEL'),
    });
    const server = createServer((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer k' ? 200 : 401;
      response.end('{}');
    });
    try {
      Object.assign(env, {
        OPENAI_BASE_URL: `http://127.0.0.1:${await listening(server)}/v1`,
        CONVOKE_MODEL: 'm',
      });
      expect((await findings()).get('model')).toMatchObject({ status: 'ok' });
      env['OPENAI_API_KEY'] = 'wrong';
      expect((await findings()).get('model')).toMatchObject({
        found: expect.stringContaining('refuses the key'),
      });
    } finally {
      server.close();
    }
  });
});
