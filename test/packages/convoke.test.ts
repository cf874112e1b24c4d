/** The package `convoke`, as somebody has it who begins with `convoke new`. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { devPorts, freePort } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';
import { compile, inNode, installProject, ROOT, run } from './install.ts';

const INSTALL_MS = 600_000;

/** To be removed. */
let all = '';
let project = '';
/** A folder of the project for what is tried here. */
let folder = '';

beforeAll(() => {
  ({ folder: all, project } = installProject('demo'));
  folder = join(project, 'tried');
  mkdirSync(folder);
}, INSTALL_MS);

afterAll(() => {
  rmSync(all, { recursive: true, force: true });
});

const bin = (command: string): string => join(project, 'node_modules/.bin', command);

test.each(['20', '22', '24'])(
  'the command runs on Node %s',
  (major) => {
    const command = join(project, 'node_modules/convoke/bin/convoke.mjs');
    expect(run('npx', inNode(major, command, '--help'), folder)).toContain('Usage: convoke');
  },
  120_000,
);

test('a new project is right: its types, its configuration, its tests', () => {
  const said = run('npm', ['test'], project);
  expect(said).toMatch(
    /convoke\.config\.ts is right\.\n {2}agents {2}analyst, editor\n {2}tools {3}count\n {2}teams {3}review/,
  );
  expect(said).toContain('the editor has the last word');
}, 120_000);

test('the package can write projects too, with exact versions of itself', () => {
  const { next } = JSON.parse(run(bin('convoke'), ['new', 'another', '--json'], folder)) as {
    next: string[];
  };
  expect(next).toEqual(['npm install', 'npm run dev', 'npm run page', 'npm test']);
  const files = (path: string): string[] =>
    readdirSync(path).filter((name) => !/^(packages|node_modules|package-lock\.json|tried)$/.test(name));
  expect(files(join(folder, 'another'))).toEqual(files(project));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const written = JSON.parse(readFileSync(join(folder, 'another/package.json'), 'utf8')) as object;
  expect(written).toMatchObject({
    name: 'another',
    dependencies: { convoke: version, '@convoke/client': version },
  });
});

test('a new project runs: its team answers through the SDK, its page is served', async () => {
  const { port, args: ports } = await devPorts();
  const page = await freePort();
  const dev = startProcess(bin('convoke'), ['dev', '--no-demo', ...ports], {}, project);
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    scripts: { dev: string; page: string };
  };
  expect(scripts.dev).toBe('convoke dev');
  const [command = '', ...args] = scripts.page.split(' ');
  const pages = startProcess(bin(command), [...args, `--serve=127.0.0.1:${page}`], {}, project);
  const source = `
    import { connect } from '@convoke/client';
    const client = connect({ url: 'http://127.0.0.1:${port}', token: 'dev' });
    const session = await client.open({ team: 'review', agents: ['analyst', 'editor'] });
    const said = {};
    for await (const piece of session.ask('How long is this?'))
      if (piece.type === 'text') said[piece.agent] = (said[piece.agent] ?? '') + piece.text;
    client.close();
    console.log(said.editor);
  `;
  writeFileSync(join(folder, 'ask.mjs'), source);
  try {
    await eventually('it is up', () => dev.output().includes('Ctrl-C stops'), 60_000);
    expect(run(process.execPath, ['ask.mjs'], folder)).toBe(
      'In short: Your message has 4 words and 17 characters.',
    );
    const served = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${page}/${path}`)).text();
    await eventually('the page is served', async () => (await served('')).includes('src="page.js"'));
    expect(await served('page.js')).toContain('analyst');
  } catch (error) {
    throw new Error(`${dev.output()}\n${pages.output()}`, { cause: error });
  } finally {
    await Promise.all([dev.end('SIGTERM'), pages.end('SIGTERM')]);
  }
}, 120_000);

test('a team and a session are tried out without a server', () => {
  const source = `
    import { openSession, runTeam } from 'convoke/testing';
    const run = await runTeam(async ({ ask }) => { await ask('a'); return { agent: 'b' }; }, { agents: ['a', 'b'] });
    console.log(run.end.status, run.steps.map(({ text }) => text).join(', '));
    const session = await openSession({ agents: [{ name: 'a', runner: 'scripted' }], answers: { a: ['Hello.'] } });
    console.log((await session.send('Hi.')).texts.join(', '));
  `;
  writeFileSync(join(folder, 'team.mjs'), source);
  expect(run(process.execPath, ['team.mjs'], folder)).toBe('completed a 1, b 1\nHello.');
});

test('a worker and a gateway are started by a program; on an older Node they say which one they need', () => {
  const source = `
    import { startGateway } from 'convoke/gateway';
    import { startWorker } from 'convoke/worker';
    const said = (error) => error.code + ': ' + error.message;
    const nowhere = { temporalAddress: '127.0.0.1:1', redisUrl: 'redis://127.0.0.1:1', logLevel: 'silent' };
    console.log(await startWorker(nowhere).catch(said));
    console.log(await startGateway({ ...nowhere, port: 0 }).then(async ({ stop }) => stop().then(() => 'stopped'), said));
  `;
  writeFileSync(join(folder, 'doors.mjs'), source);
  expect(run(process.execPath, ['doors.mjs'], folder)).toBe(
    'temporal_unavailable: Temporal does not answer at 127.0.0.1:1.\nstopped',
  );
  expect(run('npx', inNode('22', 'doors.mjs'), folder)).toContain(
    'config_invalid: startWorker: this is Node 22',
  );
});

test('a configuration and a team compile strictly, with the types of all dependencies', () => {
  const source = `
    import { agent, defineConfig } from 'convoke';
    import { startGateway, type GatewayOptions } from 'convoke/gateway';
    import type { Team } from 'convoke/team';
    import { ConfigError, startWorker, type RunningWorker } from 'convoke/worker';
    const review: Team = async ({ ask }) => {
      const { text } = await ask('a');
      return text === '' ? undefined : { agent: 'b' };
    };
    export default defineConfig({
      agents: { a: agent.code(async function* ({ conversation }) { yield String(conversation.length); }) },
      teams: { review },
    });
    export async function both(options: GatewayOptions): Promise<RunningWorker | ConfigError> {
      const { url, stop } = await startGateway({ ...options, keys: { secret: 'acme' } });
      await stop();
      return startWorker({ redisUrl: url, teams: { review }, logLevel: 'warn' });
    }
    // @ts-expect-error: a port is a number
    void startGateway({ port: '3000' });
    // @ts-expect-error: an agent is made by agent.model, agent.code, agent.http or agent.scripted
    defineConfig({ agents: { a: 7 } });
  `;
  writeFileSync(join(folder, 'convoke.config.mts'), source);
  compile(folder, ['convoke.config.mts']);
}, 60_000);
