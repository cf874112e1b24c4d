/** The deployment as operators see it, on the real stack: over REST, in the terminal, and in the console. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { GatewayStatus, SessionLinks, SystemStatus } from '../../src/contracts/index.ts';
import { findings } from '../page/axe.ts';
import { launchBrowser } from '../page/browser.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { openSession, Recorder, rest, speaker, words } from './scene.ts';

const OPERATOR = 'dev-operator';
const LINKS = { CONVOKE_CONSOLE_URL: 'https://c.example/console/', CONVOKE_TEMPORAL_UI: 'https://t.example' };

let stack: Stack;
let browser: Browser;
const errors: string[] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startStack({ gateways: 2, workers: 1, env: LINKS }),
    launchBrowser(),
  ]);
}, 90_000);
afterAll(async () => {
  await browser.close();
  await stack.stop();
  expect(errors).toEqual([]);
});

const as = { key: OPERATOR };
const system = async (on = 0): Promise<SystemStatus> =>
  (await rest<SystemStatus>(stack.urls[on]!, 'GET', '/v1/admin/system', as)).body;
const idOf = (index: number, { gateways }: SystemStatus): string =>
  gateways.data.find(({ id }) => id.startsWith(`${stack.gateways[index]!.pid}@`))!.id;

async function convoke(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, CONVOKE_URL: stack.urls[0] };
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/convoke.mjs', ...args], { env });
  return stdout;
}

test('gateways, workers and servers tell of themselves, and a turn that runs', async () => {
  const id = await openSession(stack.urls[0]!, [speaker('slow', 200)]);
  await rest(stack.urls[0]!, 'POST', `/v1/sessions/${id}/messages`, { body: { messageId: 'm', text: 'Hi' } });
  await eventually('the worker has told of the turn', async () =>
    (await system()).workers.data.some(({ longest }) => longest.some(({ session }) => session === id)),
  );
  const told = await system();
  const ok = { status: 'ok' };
  expect(told).toMatchObject({ redis: ok, temporal: ok, archive: { ...ok, kind: 'sqlite' }, queues: ok });
  expect(told.gateways).toMatchObject({ asked: 2, data: [{ ready: true }, { ready: true }] });
  expect(told.workers.data).toMatchObject([{ turns: { used: 1 }, queues: ['convoke'] }]);
  expect(told.queues.data.map(({ kind, status }) => [kind, status])).toEqual([
    ['workflow', 'ok'],
    ['activity', 'ok'],
  ]);
  const page = await convoke('top');
  expect(page).toContain('2 of 2 gateways · 1 worker · 1 turn runs');
  expect(page).toMatch(new RegExp(`^dev/${id} t1`, 'm'));
  const { body } = await rest<{ links: SessionLinks }>(stack.urls[0]!, 'GET', `/v1/sessions/${id}`);
  expect(body.links).toEqual({
    console: `https://c.example/console/#/sessions/${id}`,
    temporal: `https://t.example/namespaces/default/workflows/session%3Adev%3A${id}`,
  });
  await rest(stack.urls[0]!, 'POST', `/v1/sessions/${id}/cancel`, { body: {} });
});

test('a session is played again from its log', async () => {
  const id = await openSession(stack.urls[0]!, [speaker('ann', 6)]);
  const recorder = new Recorder(stack.urls[0]!, id);
  await recorder.session.ready();
  await recorder.session.send({ messageId: 'm', text: 'Hello' });
  await recorder.turnsEnded(1);
  recorder.close();
  const told = await convoke('replay', id, '--speed', '100');
  expect(told).toMatch(/user +Hello/);
  expect(told).toContain(words(6));
});

async function visit(place: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`${stack.urls[1]!}/console/#${place}`);
  return page;
}

test('in the console a gateway is drained, and resumed', async () => {
  const page = await visit('/system');
  const row = page.getByRole('row').filter({ hasText: idOf(0, await system()) });
  await row.getByRole('button', { name: 'Drain' }).click();
  await row.getByRole('button', { name: 'Drain it now' }).click();
  await row.getByText('drained').waitFor();
  expect((await fetch(`${stack.urls[0]}/readyz`)).status).toBe(503);
  await page.getByText(/is drained: stop it, or resume it/).waitFor();
  const path = `/v1/admin/gateways/${encodeURIComponent(idOf(1, await system(1)))}/drain`;
  expect((await rest(stack.urls[1]!, 'POST', path, as)).body).toMatchObject({ code: 'last_gateway' });
  await row.getByRole('button', { name: 'Resume' }).click();
  await row.getByText('ready', { exact: true }).waitFor();
  expect((await fetch(`${stack.urls[0]}/readyz`)).status).toBe(200);
  const ids = (await system()).gateways.data.map(({ id }: GatewayStatus) => id);
  await eventually('both are in the audit log', async () => {
    const { body } = await rest<{ data: readonly { action: string; target: string }[] }>(
      stack.urls[1]!,
      'GET',
      '/v1/admin/audit',
      as,
    );
    const deeds = body.data.filter(({ action }) => action.startsWith('gateway.'));
    return deeds.length === 2 && deeds.every(({ target }) => ids.includes(target));
  });
  await page.context().close();
});

test('a limit of a tenant is changed; a wrong one is refused with what is wrong', async () => {
  await rest(stack.urls[1]!, 'POST', '/v1/admin/tenants', { ...as, body: { id: 'acme' } });
  const page = await visit('/tenants');
  await page.getByRole('link', { name: 'acme' }).click();
  const limits = page.getByRole('textbox', { name: /Limits, as JSON/ });
  await limits.fill('{"nonsense":1}');
  await page.getByRole('button', { name: 'Change limits' }).click();
  await page
    .getByRole('alert')
    .getByText(/nonsense/)
    .waitFor();
  await limits.fill('{"messagesPerMinute":60}');
  await page.getByRole('button', { name: 'Change limits' }).click();
  await page.getByText('0 of 60').waitFor();
  await page.getByRole('cell', { name: 'tenant.change' }).first().waitFor();
  await page.context().close();
});

test.each([
  ['/system', 'Gateways'],
  ['/tenants', 'Tenants'],
  ['/tenants/acme', 'Audit'],
])('%s: axe finds nothing, dark and light, and a phone is wide enough', async (place, label) => {
  const page = await visit(place, { viewport: { width: 390, height: 844 }, bypassCSP: true });
  await page.getByRole('region', { name: label }).waitFor();
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findings(page)).toEqual([]);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.context().close();
});

describe('signing in', () => {
  /** A tab that was told a wrong key, so that it asks for another. */
  async function signIn(key: string, place = ''): Promise<Page> {
    const page = await visit('/system');
    await page.evaluate(() => sessionStorage.setItem('convoke.console.key', 'wrong'));
    await page.goto(`${stack.urls[1]!}/console/${place && `#${place}`}`);
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'Check the key' }).waitFor();
    await page.getByLabel('Key or token').fill(key);
    await page.getByRole('button', { name: 'Open the console' }).click();
    return page;
  }

  const pages = (page: Page): Promise<string[]> =>
    page.getByRole('navigation').getByRole('link').allInnerTexts();
  const go = (page: Page, place: string): Promise<void> =>
    page.evaluate((hash) => void (location.hash = hash), place);
  const post = async <T>(path: string, body: object, key?: string): Promise<T> =>
    (await rest<T>(stack.urls[1]!, 'POST', path, { ...(key && { key }), body })).body;

  test('an operator’s key opens the system and tenants, and no session', async () => {
    const page = await signIn(OPERATOR);
    await page.getByRole('heading', { name: 'System' }).waitFor();
    expect(await pages(page)).toEqual(['Tenants', 'System']);
    await go(page, '/sessions/any');
    await page.getByRole('heading', { name: 'This page needs a key of a tenant' }).waitFor();
    await page.getByRole('button', { name: 'Forget key' }).click();
    await page.getByLabel('Key or token').waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem('convoke.console.key'))).toBeNull();
    await page.context().close();
  });

  test('a tenant’s key opens its sessions, and nobody else’s', async () => {
    await post('/v1/admin/tenants', { id: 'globex' }, OPERATOR);
    const made = { tenant: 'globex', name: 'console', scopes: ['watch', 'operate'] };
    const { key } = await post<{ key: string }>('/v1/admin/keys', made, OPERATOR);
    const theirs = await openSession(stack.urls[1]!, [speaker('ann', 3)]);
    await post('/v1/sessions', { id: 'ours', agents: [speaker('ben', 3)] }, key);
    const page = await signIn(key);
    await page.getByRole('link', { name: 'ours' }).waitFor();
    expect(await page.getByRole('link', { name: theirs }).count()).toBe(0);
    expect(await pages(page)).toEqual(['Sessions']);
    await go(page, `/sessions/${theirs}`);
    await page.getByRole('heading', { name: `There is no session “${theirs}”` }).waitFor();
    await go(page, '/system');
    await page.getByRole('heading', { name: 'This page needs an operator’s key' }).waitFor();
    await page.context().close();
  });

  test('a session token of an operator opens what it is for, in the name of its subject', async () => {
    const id = await openSession(stack.urls[1]!, [speaker('ann', 3)]);
    const asked = { subject: 'zoë', sessions: ['*'], role: 'operator' };
    const { token } = await post<{ token: string }>('/v1/tokens', asked);
    const page = await signIn(token, `/sessions/${id}`);
    await page.getByRole('textbox', { name: 'Message' }).fill('Good morning');
    expect(await page.getByLabel('Your name').inputValue()).toBe('zoë');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'Message of zoë' }).waitFor();
    expect(await pages(page)).toEqual(['Sessions']);
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByRole('link', { name: id }).waitFor();
    await page.context().close();
  });

  test('keys are used side by side, each on the pages that it opens', async () => {
    await post('/v1/admin/tenants', { id: 'initech' }, OPERATOR);
    const made = { tenant: 'initech', name: 'console', scopes: ['watch', 'send', 'operate'] };
    const { key } = await post<{ key: string }>('/v1/admin/keys', made, OPERATOR);
    await post('/v1/sessions', { id: 'printer', agents: [speaker('ann', 400)] }, key);
    await post('/v1/sessions/printer/messages', { messageId: 'm1', text: 'Print.' }, key);
    const page = await signIn(OPERATOR);
    const enter = async (secret: string): Promise<void> => {
      await page.getByLabel('Key or token').fill(secret);
      await page.getByRole('button', { name: 'Open the console' }).click();
    };
    const inUse = (): Promise<string> =>
      page.getByLabel('Key in use').evaluate((select: HTMLSelectElement) => select.selectedOptions[0]!.text);
    // From a turn of the system to its timeline, by way of the key of its tenant.
    await page.getByRole('link', { name: 'Timeline of t1 of printer' }).click();
    await page.getByRole('heading', { name: 'This page needs a key of initech' }).waitFor();
    await enter(key);
    await page.getByRole('heading', { name: 'Why was this answer late?' }).waitFor();
    await page.locator('.bar').first().waitFor();
    expect(new URL(page.url()).hash).toBe('#/sessions/printer/messages/m1');
    expect(await pages(page)).toEqual(['Sessions', 'Tenants', 'System']);
    await page.getByRole('link', { name: 'System' }).click();
    await page.getByRole('region', { name: 'Gateways' }).waitFor();
    expect(await inUse()).toBe('operator');
    // A key of another tenant leads to its sessions, and not to what was open of the first.
    await go(page, '/sessions/printer');
    await page.getByRole('heading', { name: 'printer' }).waitFor();
    await page.getByLabel('Key in use').selectOption('Add a key …');
    await enter('dev');
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    expect([await inUse(), new URL(page.url()).hash]).toEqual(['dev', '#/sessions']);
    await page.getByLabel('Key in use').selectOption('initech');
    await page.getByRole('link', { name: 'printer' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'printer' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Forget key' }).click();
    expect(await pages(page)).toEqual(['Sessions', 'Tenants', 'System']);
    expect(await inUse()).toBe('dev');
    await page.context().close();
  });

  test('a token for one session is refused, with what is needed', async () => {
    const { token } = await post<{ token: string }>('/v1/tokens', { subject: 'zoë', sessions: ['one'] });
    const page = await signIn(token);
    await page.getByRole('alert').filter({ hasText: 'has the scopes “watch” and “operate”' }).waitFor();
    await page.context().close();
  });
});
