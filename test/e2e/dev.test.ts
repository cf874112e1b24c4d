/** The one command: `convoke dev` brings everything up, streams a first answer, mends what dies, and leaves nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { launchBrowser } from '../page/browser.ts';
import { say, see } from '../page/setup.ts';
import { devPorts } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';

const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly pid: number;
  readonly healthy: boolean;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The page's address, as it was printed. */
function linkIn(output: string): string {
  return /Page\s+(http\S+#session=demo-\S+)/.exec(output)![1]!;
}

/** The page shows the first session; each process is killed by its button while an answer is given, and what that cost is shown. */
async function killByThePage(link: string): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(link);
    await see(page, '.receipt', /^Answered$/);
    await see(page, '.markdown', 'Your message is safe');
    // Without a session in the address it leads to the newest one.
    await page.goto(new URL('/', link).href);
    await see(page, '#session', new URL(link).hash.slice('#session='.length));
    for (const [index, name] of ['worker-1', 'gateway-1', 'redis', 'temporal'].entries()) {
      await page.getByRole('link', { name: 'New session' }).click();
      await page.getByRole('radio', { name: /Two writers/ }).check();
      await page.getByRole('button', { name: 'Start session' }).click();
      await see(page, '#hint', 'Say something to Ann and Ben.');
      await say(page, 'the sea');
      await see(page, '.step[data-status=running] .markdown', 'plain facts');
      await page.locator('#dev summary').click();
      await page.getByRole('button', { name: `Kill ${name}` }).click();
      const told = new RegExp(
        `^${name} was killed, and was back after \\d.* The answer (went on \\d|did not stop)`,
      );
      await page.locator('.recovery', { hasText: told }).waitFor({ timeout: 60_000 });
      if (index === 0) await see(page, '.withdrawn', /^Attempt 1 ended after .*: its worker died/);
      await page.locator('.receipt', { hasText: /^Answered$/ }).waitFor({ timeout: 60_000 });
      await page.locator('#banner').waitFor({ state: 'hidden' });
      expect(await page.locator('.speech').count()).toBe(2);
    }
  } finally {
    await browser.close();
  }
}

test('convoke dev: up, a first answer, whatever its page kills is back, and all is gone after SIGTERM', async () => {
  const home = await mkdtemp(join(tmpdir(), 'convoke-dev-'));
  const { ui, args } = await devPorts();
  const env = { CONVOKE_HOME: home, OPENAI_BASE_URL: '', OPENAI_API_KEY: '', CONVOKE_MODEL: '' };
  const convoke = async (...args: string[]): Promise<string> => {
    const command = promisify(execFile)(process.execPath, [COMMAND, ...args], {
      env: { ...process.env, ...env },
    });
    return (await command).stdout;
  };
  const list = async (): Promise<Listed[]> => JSON.parse(await convoke('ps', '--json')) as Listed[];
  const dev = startProcess(process.execPath, [COMMAND, 'dev', ...args], env);
  try {
    await eventually('it says what to do next', () => dev.output().includes('Ctrl-C stops'), 60_000);
    expect(dev.output()).toMatch(/first token \d+ ms after sending/);
    expect(dev.output()).toContain(`localhost:${ui}/namespaces/default/workflows/session:dev:`);
    const first = await list();
    expect(first.map(({ kind, healthy }) => `${kind} ${healthy}`).sort()).toEqual([
      'gateway true',
      'redis true',
      'temporal true',
      'worker true',
    ]);
    await killByThePage(linkIn(dev.output()));
    const second = await list();
    expect(second.every(({ healthy }) => healthy)).toBe(true);
    expect(second.filter(({ pid }) => first.some((each) => each.pid === pid))).toEqual([]);
    expect(await convoke('send', '--open', 'hello', 'Still there?')).toContain('Still there?');
    const last = await list();
    expect(await dev.end('SIGTERM')).toBe(0);
    expect(last.filter(({ pid }) => isAlive(pid))).toEqual([]);
  } catch (error) {
    throw new Error(dev.output(), { cause: error });
  } finally {
    await dev.end('SIGTERM');
    await rm(home, { recursive: true, force: true });
  }
}, 300_000);
