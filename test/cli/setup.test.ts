import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chooseModel } from '../../src/cli/setup/model.ts';
import { findOnPath, installCommand, run } from '../../src/cli/setup/programs.ts';
import { obtainRedis } from '../../src/cli/setup/redis.ts';
import { findTemporal, obtainTemporal } from '../../src/cli/setup/temporal.ts';

let folder: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-setup-'));
  mkdirSync(join(folder, 'bin'));
  env = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A shell script as a program. */
function program(name: string, script = 'exit 0', where = join(folder, 'bin')): string {
  mkdirSync(where, { recursive: true });
  const file = join(where, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('the model of a development stack', () => {
  const nobody = 'http://127.0.0.1:1';

  it('is scripted when a key stands there without a model, and the key is kept from the processes', async () => {
    const choice = await chooseModel({ OPENAI_API_KEY: 'k' }, nobody);
    expect(choice.model).toBeNull();
    expect(Object.entries(choice.env)).toContainEqual(['OPENAI_API_KEY', undefined]);
  });

  it('is what an Ollama on this machine has, if it can chat', async () => {
    const models = [{ name: 'nomic-embed-text:latest' }, { name: 'llama3.2:latest' }];
    const server = createServer((_request, response) => response.end(JSON.stringify({ models })));
    try {
      const ollama = `http://127.0.0.1:${await listening(server)}`;
      const choice = await chooseModel({}, ollama);
      expect(choice.env).toMatchObject({ OPENAI_BASE_URL: `${ollama}/v1`, CONVOKE_MODEL: 'llama3.2:latest' });
      expect((await chooseModel({ CONVOKE_MODEL: 'absent' }, ollama)).model).toBeNull();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is scripted without any of these', async () => {
    expect((await chooseModel({}, nobody)).model).toBeNull();
  });
});

describe('programs', () => {
  it('are found on PATH before the cache, and only if they can be run', () => {
    const cached = program('temporal', 'exit 0', join(folder, 'cache/convoke/bin'));
    expect(findTemporal(env)).toBe(cached);
    writeFileSync(join(folder, 'bin/temporal'), 'no program');
    expect(findTemporal(env)).toBe(cached);
    const own = program('temporal');
    expect(findTemporal(env)).toBe(own);
    expect(findOnPath(['nothing'], env)).toBeNull();
  });

  it('that are not there are failures, not crashes', async () => {
    expect(await run('/does/not/exist', [], { timeoutMs: 1_000 })).toMatchObject({ ok: false });
  });

  it('are not installed without a package manager; then it is said how to', async () => {
    expect(installCommand({ apt: 'a', dnf: 'd', brew: 'b' }, env)).toBeNull();
    await expect(obtainRedis(() => undefined, env)).rejects.toMatchObject({
      code: 'redis_missing',
      message: expect.stringContaining('REDIS_URL'),
    });
  });
});

describe('the Temporal CLI', () => {
  const offline = async (): Promise<string> => 'http://127.0.0.1:1/archive.tar.gz';
  const said: string[] = [];
  const progress = (text: string): void => void said.push(text);

  beforeEach(() => {
    said.length = 0;
  });

  it('is downloaded from the first source that has it', async () => {
    const made = join(folder, 'made');
    program('temporal', 'echo downloaded', made);
    execFileSync('tar', ['-czf', join(made, 'archive.tar.gz'), '-C', made, 'temporal']);
    const archive = readFileSync(join(made, 'archive.tar.gz'));
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/good' ? 200 : 404;
      response.end(request.url === '/good' ? archive : 'no');
    });
    try {
      const url = `http://127.0.0.1:${await listening(server)}`;
      const sources = [offline, async () => `${url}/absent`, async () => `${url}/good`];
      const file = await obtainTemporal(progress, env, sources);
      expect(file).toBe(join(folder, 'cache/convoke/bin/temporal'));
      expect((await run(file, [], { timeoutMs: 5_000 })).output).toBe('downloaded\n');
      expect(readdirSync(join(folder, 'cache/convoke/bin'))).toEqual(['temporal']);
      expect(said.some((text) => text.startsWith('downloading'))).toBe(true);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is built with Go where no download can be reached, and says how long that takes', async () => {
    program('go', `echo "$@" > ${folder}/asked; printf '#!/bin/sh\\n' > $GOBIN/temporal`);
    expect(await obtainTemporal(progress, env, [offline])).toBe(findTemporal(env));
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toContain(
      'github.com/temporalio/cli/cmd/temporal@v1.5.1',
    );
    expect(said.join()).toContain('about 5 minutes, once');
  });

  it('tells how far its build is', async () => {
    const lines = [
      'go: downloading go.temporal.io/api v1.53.0',
      'go: downloading github.com/spf13/cobra v1.9.1',
      ...Array.from({ length: 649 }, (_, n) => `golang.org/x/text/part${n}`),
      'github.com/temporalio/cli/cmd/temporal',
    ];
    writeFileSync(join(folder, 'lines'), `${lines.join('\n')}\n`);
    program(
      'go',
      `while read -r line; do echo "$line" >&2; done < ${folder}/lines; printf '#!/bin/sh\\n' > $GOBIN/temporal`,
    );
    await obtainTemporal(progress, env, []);
    expect(said.slice(1, 4)).toEqual([
      'building with Go: sources, module 1',
      'building with Go: sources, module 2',
      'building with Go: 0 %, 1 of about 1298 packages',
    ]);
    expect(said.slice(-2)).toEqual([
      'building with Go: 50 %, 649 of about 1298 packages',
      'building with Go: linking, the last step',
    ]);
  });

  it('is built again if a module could not be fetched', async () => {
    const tried = join(folder, 'tried');
    program('go', `[ -e ${tried} ] || { touch ${tried}; exit 1; }; printf '#!/bin/sh\\n' > $GOBIN/temporal`);
    expect(await obtainTemporal(progress, env, [])).toBe(findTemporal(env));
  });

  it('is asked for in a sentence where neither works', async () => {
    program('go', 'echo "dial tcp: no route" >&2; exit 1');
    await expect(obtainTemporal(progress, env, [offline])).rejects.toMatchObject({
      code: 'temporal_missing',
      message: expect.stringContaining('TEMPORAL_ADDRESS'),
    });
    expect(said).toContain('the build failed: dial tcp: no route');
    expect(findTemporal(env)).toBeNull();
  });
});
