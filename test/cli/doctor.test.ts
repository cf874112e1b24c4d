import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { examine } from '../../src/cli/commands/doctor.ts';
import type { ExaminedTemporal } from '../../src/cli/commands/role-commands.ts';
import type { Finding } from '../../src/cli/commands/doctor.ts';
import { obtainRedis } from '../../src/cli/setup/redis.ts';
import { portOwner, portProblem } from '../../src/cli/dev/ports.ts';
import { requirePorts } from '../../src/cli/dev/required-ports.ts';
import { freePort } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';

let folder: string;
let env: Record<string, string>;
/** What a gateway would say of the Temporal that the environment names. */
let examined: ExaminedTemporal;

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
    temporal: async () => examined,
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
    const fault = { code: 'temporal_unavailable', found: 'It does not answer.', fix: 'see' };
    examined = { address: env['TEMPORAL_ADDRESS'] ?? '', fault };
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

  it('says what a gateway would say of a Temporal of somebody else, with the command of the CLI that is there', async () => {
    const cli = program('temporal');
    const fix = 'temporal operator x --namespace n && temporal operator y --namespace n';
    examined = { address: 'h:7233', fault: { code: 'temporal_not_set_up', found: 'It lacks some.', fix } };
    for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE']) {
      env = { ...env, TEMPORAL_ADDRESS: '', TEMPORAL_PROFILE: '', [name]: 'x' };
      expect((await findings()).get('temporal')).toEqual({
        ...{ name: 'temporal', status: 'missing', found: 'It lacks some.' },
        fix: ['x', 'y'].map((verb) => `${cli} operator ${verb} --address h:7233 --namespace n`).join(' && '),
      });
    }
    examined = { address: 'h:7233' };
    expect((await findings()).get('temporal')).toMatchObject({ status: 'ok' });
  });

  it('says what is wrong with REDIS_URL, without it', async () => {
    env['REDIS_URL'] = 'redis//:s3cret@cache';
    const found = (await findings()).get('redis');
    expect(found).toMatchObject({ status: 'missing', found: expect.stringContaining('redis://host:6379') });
    expect(JSON.stringify(found)).not.toContain('s3cret');
  });

  it('does not blame a process for what another "convoke dev" keeps running, and says whose it is', async () => {
    // A supervisor with another state folder, and its child.
    mkdirSync(join(folder, 'bin2'));
    const file = join(folder, 'bin2', 'convoke.mjs');
    const serve = "require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1')";
    writeFileSync(
      file,
      `import { spawn } from 'node:child_process';\nspawn(process.execPath, ['-e', ${JSON.stringify(serve)}, process.argv[3]], { stdio: 'inherit' });\n`,
    );
    const port = await freePort();
    const other = { CONVOKE_HOME: join(folder, 'other-home') };
    const supervisor = startProcess(process.execPath, [file, 'dev', String(port)], other);
    try {
      await eventually('the child listens', async () => (await portProblem(port)) === 'in use');
      const found = (await findings({ port })).get('port gateway');
      expect(found).toMatchObject({
        status: 'warning',
        found: expect.stringMatching(
          `"convoke dev" of process ${supervisor.pid} with the state folder ${other.CONVOKE_HOME} keeps running`,
        ),
        fix: expect.stringMatching(`^kill ${supervisor.pid}, or: npx convoke dev --port ${port + 1}$`),
      });
      const wanted = { port, purpose: 'gateway-1', choose: '--port or CONVOKE_PORT' };
      await expect(requirePorts([wanted])).rejects.toMatchObject({
        message: expect.stringContaining(`"kill ${supervisor.pid}"`),
      });
    } finally {
      const owner = portOwner(port);
      await supervisor.end('SIGKILL');
      if (owner) process.kill(owner.pid, 'SIGKILL');
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
