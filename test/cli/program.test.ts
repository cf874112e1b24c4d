import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { CheckedConfig } from '../../src/cli/commands/check.ts';
import type { ExaminedTemporal } from '../../src/cli/commands/role-commands.ts';
import { createProgram } from '../../src/cli/index.ts';
import { freePort } from '../support/ports.ts';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));
const NOWHERE = join(tmpdir(), 'convoke-no-such-home');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function convoke(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], CONVOKE_HOME: NOWHERE, ...env } };
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
  });
}

let server: Server | null = null;

afterEach(async () => {
  const closing = server;
  server = null;
  if (closing) await new Promise((resolve) => closing.close(resolve));
});

async function gateway(
  answer: (request: IncomingMessage) => { readonly status: number; readonly body: unknown },
): Promise<string> {
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { status, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

/** Runs it in this process; a command that would end the process throws its exit code instead. */
async function parsed(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const nobody = async (): Promise<void> => undefined;
  const check = async (): Promise<CheckedConfig> => ({
    file: null,
    files: [],
    agents: [],
    tools: [],
    teams: [],
  });
  const temporal = async (): Promise<ExaminedTemporal> => ({ address: '' });
  const program = createProgram({
    gateway: nobody,
    worker: nobody,
    backup: nobody,
    restore: nobody,
    rewrap: nobody,
    rotate: nobody,
    check,
    temporal,
  });
  let [out, err] = ['', ''];
  const writeOut = (text: string): void => void (out += text);
  const writeErr = (text: string): void => void (err += text);
  const width = { getOutHelpWidth: () => 80, getErrHelpWidth: () => 80 };
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeOut, writeErr, ...width });
  const exit = jest.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code ?? 0}`);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return { code: 0, out, err };
  } catch (error) {
    return { code: Number(/^exit (\d+)$/.exec((error as Error).message)?.[1] ?? NaN), out, err };
  } finally {
    exit.mockRestore();
  }
}

/** In the order of the help: a project, this machine, what one does in a session, forks and time, the processes. */
const COMMANDS = [
  ...['new', 'check', 'dev', 'ps', 'doctor', 'setup'],
  ...['send', 'tail', 'sessions', 'show', 'members', 'approvals', 'approve', 'feedback', 'cancel', 'wake'],
  ...['close', 'reopen', 'erase', 'export', 'fork', 'scheduled', 'schedules'],
  ...['usage', 'trace', 'replay', 'tenants', 'keys', 'audit', 'top'],
  ...['gateway', 'worker', 'backup', 'restore', 'seal'],
];

describe('the command line', () => {
  it('lists all commands, those that belong together side by side', async () => {
    const { out } = await parsed(['--help']);
    const listed = out.slice(out.indexOf('Commands:'), out.indexOf('Environment'));
    const names = [...listed.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
    expect(names).toEqual([...COMMANDS, 'help']);
  });

  it.each(COMMANDS)('teaches: %s --help has an example', async (name) => {
    const { code, out } = await parsed([name, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`convoke ${name}`);
    expect(out).toContain('Examples:');
    // A terminal would break the words of longer lines.
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    [['frob']],
    [['dev', '--port', '99999']],
    [['dev', '--gateways', '0']],
    [['gateway', '--port', 'x']],
    [['send', 'only-a-session']],
    [['show', 'not an id']],
    [['tail', 'a', '--after', 'yesterday']],
    [['sessions', '--status', 'lost']],
    [['sessions', '--limit', '1000']],
    [['schedules', '--create', 'd', '--agents', 'a b']],
    [['schedules', '--create', 'd', '--policy', 'wait']],
    [['schedules', '--pause', 'not an id']],
  ])('exits with 2 and says what is wrong: %j', async (args) => {
    const { code, out, err } = await parsed(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^error: .*\nRun it with --help/s);
  });

  it('hands ports and addresses to the roles, from options or from the environment', async () => {
    const both = await Promise.all([
      convoke(['gateway', '--port', '3100'], { CONVOKE_PORT: '3200', CONVOKE_HOST: '0.0.0.0' }),
      convoke(['worker'], { CONVOKE_HEALTH_PORT: '9090' }),
      convoke(['worker']),
    ]);
    expect(both.map(({ out }) => JSON.parse(out) as unknown)).toEqual([
      { role: 'gateway', port: 3100, host: '0.0.0.0' },
      { role: 'worker', healthPort: 9090 },
      { role: 'worker' },
    ]);
  });
});

describe('commands that talk to a gateway', () => {
  it('say in one line that there is none, and how to start it', async () => {
    const env = { CONVOKE_URL: `http://127.0.0.1:${await freePort()}` };
    const runs = await Promise.all(
      [['sessions'], ['show', 's'], ['send', 's', 'hi'], ['tail', 's'], ['close', 's']].map((args) =>
        convoke(args, env),
      ),
    );
    for (const { code, err } of runs) {
      expect(code).toBe(1);
      expect(err).toMatch(/^convoke: offline: [^\n]*npx convoke dev[^\n]*\n$/);
    }
  });

  it('do not talk to somebody else’s stack if theirs is not running', async () => {
    const { code, err } = await convoke(['sessions']);
    expect(code).toBe(1);
    expect(err).toMatch(/^convoke: not_running: [^\n]*convoke-no-such-home[^\n]*npx convoke dev[^\n]*\n$/);
  });

  it('refuse options that would be ignored', async () => {
    const env = { CONVOKE_URL: await gateway(() => ({ status: 500, body: '' })) };
    const args = ['send', 's', 'hi', '--team', 'parallel', '--agents', 'a,b'];
    const { code, err } = await convoke(args, env);
    expect(code).toBe(1);
    expect(err).toMatch(/^convoke: open_missing: --agents, --team: [^\n]*Add --open/);
  });

  it('take the key from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'convoke-key-'));
    try {
      writeFileSync(join(folder, 'key'), 'from-a-file\n');
      let seen = '';
      const url = await gateway(({ headers }) => {
        seen = headers.authorization ?? '';
        return { status: 200, body: { data: [], next: null } };
      });
      const asked = { CONVOKE_URL: url, CONVOKE_KEY_FILE: join(folder, 'key') };
      expect(await convoke(['sessions'], asked)).toMatchObject({ code: 0 });
      expect(seen).toBe('Bearer from-a-file');
      const missing = await convoke(['sessions'], { ...asked, CONVOKE_KEY_FILE: join(folder, 'no') });
      expect(missing.err).toMatch(/^convoke: config_invalid: CONVOKE_KEY_FILE: [^\n]*does not exist/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('tell what the gateway refuses, as text and as JSON', async () => {
    const detail = 'There is no such session.';
    const env = {
      CONVOKE_URL: await gateway(() => ({ status: 404, body: { code: 'session_not_found', detail } })),
    };
    const text = await convoke(['show', 's'], env);
    expect(text).toMatchObject({ code: 1, out: '' });
    expect(text.err).toMatch(/^convoke: session_not_found: There is no such session\. [^\n]*\n$/);
    const json = await convoke(['show', 's', '--json'], env);
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'session_not_found' } });
  });

  it('notice what is no gateway at all', async () => {
    const env = { CONVOKE_URL: await gateway(() => ({ status: 404, body: '<html>' })) };
    expect((await convoke(['sessions'], env)).err).toMatch(/^convoke: not_a_gateway: /);
  });

  it('send the key and show the answer', async () => {
    let seen = '';
    const page = {
      data: [{ id: 's-1', tenant: 'dev', team: 'sequence', status: 'open', createdAt: 0 }],
      next: null,
    };
    const url = await gateway(({ headers, url: path }) => {
      seen = `${headers.authorization ?? ''} ${path ?? ''}`;
      return { status: 200, body: page };
    });
    const { out, code } = await convoke(['sessions', '--status', 'open'], {
      CONVOKE_URL: url,
      CONVOKE_KEY: 'k',
    });
    expect(code).toBe(0);
    expect(seen).toBe('Bearer k /v1/sessions?status=open&limit=20');
    expect(out).toContain('s-1      open    sequence  1970-01-01T00:00:00.000Z');
  });
});

describe('a schedule', () => {
  it('is created with all that it needs, in the words of the command line', async () => {
    const { code, err } = await convoke([
      'schedules',
      '--create',
      'digest',
      '--cron',
      '0 7 * * *',
      '--session',
      's',
    ]);
    expect(code).toBe(1);
    expect(err).toBe('convoke: invalid_request: Give --cron, --text, and one of --session and --agents.\n');
  });
});

describe('ps without a stack', () => {
  it('is an empty list for programs and a sentence for people', async () => {
    expect(await convoke(['ps', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
    expect((await convoke(['ps'])).err).toMatch(/^convoke: not_running: /);
  });
});

describe('keys and tenants', () => {
  const key = { id: 'k1', tenant: 'acme', name: 'web', scopes: ['watch'], expiresAt: null };
  const standing = { lastUsedAt: null, revokedAt: null, replacedBy: null };

  it('are asked for with the operator’s key; a new key stands alone on standard output', async () => {
    const asked: unknown[] = [];
    const url = await gateway(({ method, url: path, headers }) => {
      asked.push([method, path, headers.authorization]);
      return { status: 201, body: { ...key, ...standing, key: 'cvk_k1_secret' } };
    });
    const env = { CONVOKE_URL: url, CONVOKE_KEY: 'other', CONVOKE_OPERATOR_KEY: 'operator' };
    const made = await convoke(['keys', 'add', '--tenant', 'acme', '--name', 'web'], env);
    expect(made).toEqual({ code: 0, out: 'cvk_k1_secret\n', err: expect.stringContaining('k1') });
    expect(asked).toEqual([['POST', '/v1/admin/keys', 'Bearer operator']]);
  });

  it('are listed in whole, page by page', async () => {
    const url = await gateway(({ url: path = '' }) => {
      const isFirst = !path.includes('cursor=k1');
      const data = [{ ...key, ...standing, id: isFirst ? 'k1' : 'k2', revokedAt: isFirst ? null : 1 }];
      return { status: 200, body: { data, next: isFirst ? 'k1' : null } };
    });
    const { out } = await convoke(['keys'], { CONVOKE_URL: url });
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ...[['KEY', 'TENANT', 'STATUS'], ['k1', 'acme', 'active'], ['k2', 'acme', 'revoked'], ['']],
    ]);
  });
});
