/** The package `convoke`, as somebody has it who installs it. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compile, install, run } from './install.ts';

const INSTALL_MS = 300_000;

let folder = '';

beforeAll(() => {
  ({ folder } = install('convoke'));
}, INSTALL_MS);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the command runs, on an older Node too', () => {
  expect(run(join(folder, 'node_modules/.bin/convoke'), ['--help'], folder)).toContain('Usage: convoke');
});

test('a team is tried out without a server', () => {
  const source = `
    import { runTeam } from 'convoke/testing';
    const run = await runTeam(async ({ ask }) => { await ask('a'); return { agent: 'b' }; }, { agents: ['a', 'b'] });
    console.log(run.end.status, run.steps.map(({ text }) => text).join(', '));
  `;
  writeFileSync(join(folder, 'team.mjs'), source);
  expect(run(process.execPath, ['team.mjs'], folder)).toBe('completed a 1, b 1');
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
  const older = run('node', ['--version'], folder);
  if (Number(older.slice(1).split('.')[0]) < 24)
    expect(run('node', ['doors.mjs'], folder)).toContain(
      `config_invalid: startWorker: this is Node ${older.slice(1)}`,
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
