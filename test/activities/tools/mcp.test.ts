/** MCP servers: two real ones from npm, and one that misbehaves. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mcp, Toolbox, ToolError, type ToolSource } from '../../../activities/index.ts';
import type { Tool } from '../../../activities/tools/tool.ts';
import type { SessionFiles } from '../../../src/files/index.ts';
import { freePort } from '../../support/ports.ts';
import { eventually, startProcess, type TestProcess } from '../../support/process.ts';
import { callOf, use } from './support.ts';

const NODE = process.execPath;
const { resolve } = createRequire(import.meta.url);
const serverFile = (name: string): string =>
  join(dirname(resolve(`@modelcontextprotocol/${name}/package.json`)), 'dist/index.js');
const EVERYTHING = serverFile('server-everything');
const SCRIPTED = fileURLToPath(new URL('scripted-mcp.mjs', import.meta.url));
const LONG = 's__trigger-long-running-operation';

let folder = '';
const boxes: Toolbox[] = [];
const logged: { readonly level: string; readonly details: Record<string, unknown> }[] = [];
const told = (level: string) => (details: unknown) => {
  logged.push({ level, details: details as Record<string, unknown> });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convoke-mcp-'));
});

afterEach(async () => {
  await Promise.all(boxes.splice(0).map((box) => box.close()));
  logged.length = 0;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function boxOf(source: ToolSource): Toolbox {
  const box = new Toolbox({ s: source }, { info: told('info'), warn: told('warn') });
  boxes.push(box);
  return box;
}

async function toolOf(box: Toolbox, name: string): Promise<Tool> {
  const tool = (await box.tools(['s'])).get(name);
  if (!tool) throw new Error(`there is no ${name}`);
  return tool;
}

const failure = (use: Promise<unknown>): Promise<unknown> =>
  use.then(
    () => null,
    (error: unknown) => error,
  );

describe('server-everything by stdio', () => {
  const pidFile = (): string => join(folder, 'pid');
  const everything = (): Toolbox =>
    boxOf(
      mcp.stdio({
        command: 'sh',
        args: ['-c', 'echo $$ > "$0"; exec "$1" "$2" stdio', pidFile(), NODE, EVERYTHING],
        effects: { 'get-env': 'keyed' },
      }),
    );
  const kill = async (): Promise<void> => {
    process.kill(Number(await readFile(pidFile(), 'utf8')), 'SIGKILL');
  };

  test('its tools are used under the name of the server', async () => {
    const box = everything();
    const echo = await toolOf(box, 's__echo');
    expect(echo.spec).toMatchObject({
      name: 's__echo',
      input: { type: 'object', properties: { message: { type: 'string' } } },
    });
    expect(echo.check({})).toMatch(/message/);
    expect(await use(echo, { message: 'hi' })).toEqual({ result: 'Echo: hi', progress: '' });
    expect(await use(await toolOf(box, 's__get-tiny-image'), {})).toMatchObject({
      result: expect.stringMatching(/\[image: image\/png, \d+ characters of base64\]/),
    });
    const written: unknown[] = [];
    const write: SessionFiles['write'] = async (file, content) => {
      written.push({ ...file, bytes: (content as Buffer).length });
      return { type: 'file', file: 'f_1', ...file, bytes: 1, sha256: 'x' };
    };
    const files = { write, read: () => Promise.reject(new Error('read')) };
    expect(await use(await toolOf(box, 's__get-tiny-image'), {}, { files })).toMatchObject({
      result: expect.stringContaining('"file":"f_1"'),
    });
    expect(written).toEqual([{ name: 'image.png', contentType: 'image/png', bytes: expect.any(Number) }]);
    expect((await toolOf(box, LONG)).effect).toBe('none');
    expect((await toolOf(box, 's__get-env')).effect).toBe('keyed');
  });

  test('it tells of its progress', async () => {
    const long = await toolOf(everything(), LONG);
    expect(await use(long, { duration: 0.2, steps: 2 })).toMatchObject({ progress: '1/2\n2/2' });
  });

  test('gets no secrets of the worker', async () => {
    process.env['CONVOKE_TEST_SECRET'] = 'sesame';
    const { result } = await use(await toolOf(everything(), 's__get-env'), {});
    delete process.env['CONVOKE_TEST_SECRET'];
    expect(result).toContain('PATH');
    expect(result).not.toContain('sesame');
  });

  test('killed in mid-call, the call may be retried, and the next one starts it again', async () => {
    const box = everything();
    const long = await toolOf(box, LONG);
    let progress = 0;
    const call = failure(
      (async () => {
        for await (const piece of long.run(callOf({ duration: 60, steps: 600 })))
          if (piece.type === 'progress') progress += 1;
      })(),
    );
    await eventually('it works', () => progress > 0);
    await kill();
    expect(await call).toMatchObject({ name: 'ToolError', retryable: true, message: /was lost during/ });
    expect(await use(await toolOf(box, 's__echo'), { message: 'again' })).toMatchObject({
      result: 'Echo: again',
    });
  });

  test('a call that is stopped ends', async () => {
    const long = await toolOf(everything(), LONG);
    const stop = new AbortController();
    const call = failure(use(long, { duration: 60 }, { signal: stop.signal }));
    stop.abort(new Error('The turn was cancelled.'));
    expect(await call).toMatchObject({ message: expect.stringContaining('The turn was cancelled.') });
  });
});

describe('server-everything by streamable HTTP', () => {
  let server: TestProcess;
  let port = 0;
  const start = async (): Promise<void> => {
    server = startProcess(NODE, [EVERYTHING, 'streamableHttp'], { PORT: String(port) });
    await eventually('it listens', () => server.output().includes('listening'));
  };

  beforeAll(async () => {
    port = await freePort();
    await start();
  });

  afterAll(() => server.end('SIGKILL'));

  test('killed in mid-call, and started again', async () => {
    const box = boxOf(mcp.http({ url: `http://127.0.0.1:${port}/mcp` }));
    const echo = await toolOf(box, 's__echo');
    expect(await use(echo, { message: 'hi' })).toMatchObject({ result: 'Echo: hi' });
    const call = failure(use(await toolOf(box, LONG), { duration: 60, steps: 600 }));
    await eventually('it works', async () => (await use(echo, { message: 'x' })).result === 'Echo: x');
    await server.end('SIGKILL');
    expect(await call).toMatchObject({ name: 'ToolError', retryable: true });
    expect(await failure(use(echo, { message: 'x' }))).toMatchObject({
      ...{ retryable: true, message: 'The MCP server "s" cannot be reached.' },
    });
    await start();
    expect(await use(echo, { message: 'again' })).toMatchObject({ result: 'Echo: again' });
  });

  test('started again between two calls, it is called all the same', async () => {
    const box = boxOf(mcp.http({ url: `http://127.0.0.1:${port}/mcp` }));
    const echo = await toolOf(box, 's__echo');
    await server.end('SIGKILL');
    await start();
    expect(await use(echo, { message: 'again' })).toMatchObject({ result: 'Echo: again' });
  });
});

test('server-memory by stdio', async () => {
  const box = boxOf(
    mcp.stdio({
      ...{ command: NODE, args: [serverFile('server-memory')] },
      env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
    }),
  );
  const entities = [{ name: 'Ada', entityType: 'person', observations: ['counts'] }];
  await use(await toolOf(box, 's__create_entities'), { entities });
  const { result } = await use(await toolOf(box, 's__read_graph'), {});
  expect(JSON.parse(result)).toMatchObject({ entities });
});

describe('a server that misbehaves', () => {
  const scripted = (mode: string, more: object = {}): Toolbox =>
    boxOf(mcp.stdio({ command: NODE, args: [SCRIPTED, mode], ...more }));

  test('names are made what providers allow, and its errors are told to the model', async () => {
    const failing = await toolOf(scripted('good'), 's__a_b_c');
    expect(await failure(use(failing, {}))).toMatchObject({ message: 'No.', retryable: false });
    expect(failing.effect).toBe('once');
  });

  test.each(['die', 'huge'])('%s: the call is lost', async (mode) => {
    expect(await failure(use(await toolOf(scripted(mode), 's__first'), {}))).toMatchObject({
      ...{ name: 'ToolError', retryable: true },
      message: 'The MCP server "s" was lost during the call, which may have had its effect.',
    });
  });

  test.each(['hang', 'garbage'])('%s: the call is the step’s to end', async (mode) => {
    const signal = AbortSignal.timeout(200);
    expect(await failure(use(await toolOf(scripted(mode), 's__first'), {}, { signal }))).toMatchObject({
      name: expect.stringMatching(/TimeoutError|McpError/),
    });
  });

  test('one that never answers, or does not exist, cannot be reached', async () => {
    const away = { name: 'ToolError', retryable: true, message: 'The MCP server "s" cannot be reached.' };
    expect(await failure(scripted('mute', { connectMs: 300 }).tools(['s']))).toMatchObject(away);
    expect(await failure(boxOf(mcp.stdio({ command: '/no/such/program' })).tools(['s']))).toMatchObject(away);
    const nobody = boxOf(mcp.http({ url: `http://127.0.0.1:${await freePort()}/mcp` }));
    expect(await failure(nobody.tools(['s']))).toMatchObject(away);
    expect(logged.every(({ level }) => level === 'warn')).toBe(true);
  });

  test('one that changes its tools is asked for them again', async () => {
    const box = scripted('change');
    await use(await toolOf(box, 's__first'), {});
    await eventually('the list is new', async () => (await box.tools(['s'])).has('s__second'));
    expect([...(await box.tools(['s'])).keys()]).toEqual(['s__second']);
  });

  test('tells of its progress together with the result: none of it is lost', async () => {
    const first = await toolOf(scripted('tells'), 's__first');
    expect(await use(first, {})).toEqual({ result: 'yes', progress: 'almost' });
  });

  test('one whose schema has a pattern that backtracks checks it itself', async () => {
    const first = await toolOf(scripted('bomb'), 's__first');
    expect(first.check({ text: `${'a'.repeat(40)}!` })).toBeNull();
    expect(await use(first, { text: 'a' })).toMatchObject({ result: 'yes' });
  });

  test('one that writes lines of garbage is pinged once at a time', async () => {
    const first = await toolOf(scripted('lines'), 's__first');
    await use(first, {});
    const { result } = await use(first, {});
    expect(Number(result)).toBeGreaterThan(0);
    expect(Number(result)).toBeLessThan(1_000);
  });

  test('what it writes to its standard error is cut', async () => {
    await use(await toolOf(scripted('loud'), 's__first'), {});
    await eventually('it is logged', () => logged.some(({ level }) => level === 'info'));
    expect(logged.length).toBeLessThanOrEqual(20);
    for (const { details } of logged) expect(String(details['said']).length).toBeLessThanOrEqual(1_000);
  });
});

test.each<[() => unknown, string]>([
  [() => mcp.stdio({ command: '' }), 'mcp.stdio needs a command.'],
  [() => mcp.http({ url: 'file:///x' }), 'mcp.http needs an http or https URL.'],
])('a mistake in the configuration', (define, message) => {
  expect(define).toThrow(message);
});

test('a toolbox that is closed connects no more', async () => {
  const box = boxOf(mcp.stdio({ command: NODE, args: [SCRIPTED, 'good'] }));
  const first = await toolOf(box, 's__first');
  await box.close();
  expect(await failure(use(first, {}))).toBeInstanceOf(ToolError);
});
