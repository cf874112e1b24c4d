/** `npm run example NN`, once all is installed and built: the whole of `convoke dev` in the example's folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { freePort } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';
import { ROOT, sendAsTold } from './readme.ts';

const SCRIPT = join(ROOT, 'scripts/run-example.mjs');
const home = mkdtempSync(join(tmpdir(), 'convoke-example-'));

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

test('starts an example that can be talked to as its README says, and stops all that it has started', async () => {
  const [port, temporal, ui] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = ['--port', `${port}`, '--temporal-port', `${temporal}`, '--temporal-ui-port', `${ui}`];
  const example = startProcess(process.execPath, [SCRIPT, '01', ...ports], {
    CONVOKE_HOME: home,
    ORDERS: join(home, 'orders'),
  });
  try {
    await eventually('it is up', () => example.output().includes('Ctrl-C stops'), 120_000);
    const url = `http://127.0.0.1:${port}`;
    expect(await sendAsTold('01-own-agent', url)).toMatch(/A flat\s+white/);
  } finally {
    await example.end('SIGTERM');
  }
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
}, 180_000);

test('lists the examples to whoever names none', async () => {
  const nothing = startProcess(process.execPath, [SCRIPT]);
  expect(await nothing.ended).toBe(2);
  expect(nothing.output()).toContain('01-own-agent');
});
