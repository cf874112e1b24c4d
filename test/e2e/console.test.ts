/** The console in a real browser on the real product: every page, on a desk and on a phone, by mouse and by keyboard. */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { findings } from '../page/axe.ts';
import { launchBrowser } from '../page/browser.ts';
import { see } from '../page/setup.ts';
import { OTHER_KEY, startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { freshId, openSession, rest, speaker, words } from './scene.ts';

const WORKER = fileURLToPath(new URL('approvals-worker.ts', import.meta.url));
const FILE = join(tmpdir(), `convoke-console-${process.pid}`);
const PHONE = { width: 390, height: 844 };

let stack: Stack;
let browser: Browser;
const contexts: BrowserContext[] = [];
const errors: string[] = [];

beforeAll(async () => {
  await writeFile(FILE, '');
  [stack, browser] = await Promise.all([
    startStack({ gateways: 1, workers: 1, workerFile: WORKER, env: { TEST_CALLS: FILE } }),
    launchBrowser(),
  ]);
}, 90_000);

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  // What its policy refuses is told on the console.
  expect(errors.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await stack.stop();
  await rm(FILE, { force: true });
});

const url = (): string => stack.urls[0]!;

async function visit(place: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  contexts.push(context);
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().includes('Failed to load resource')) errors.push(line.text());
  });
  await page.goto(`${url()}/console/#${place}`);
  return page;
}

const say = (id: string, messageId: string, text: string): Promise<unknown> =>
  rest(url(), 'POST', `/v1/sessions/${id}/messages`, { body: { messageId, text, from: 'Ana' } });

/** Its last turn is over. */
async function answered(page: Page, turn: string): Promise<void> {
  const head = page
    .locator('.turn-head')
    .filter({ has: page.getByRole('heading', { name: turn, exact: true }) });
  await head.locator('[data-status=completed]').waitFor();
}

const payer: AgentSpec = {
  ...{ name: 'payer', runner: 'scripted', tools: ['refund'] },
  script: { calls: [[{ tool: 'refund', input: { amount: 70 } }]], say: 'It is {{results}}.' },
};

describe('sessions', () => {
  test('a session appears when it is opened, ticks while agents speak, and is found by text and filters', async () => {
    const page = await visit('/sessions');
    await page.getByRole('heading', { name: 'No sessions yet' }).waitFor();
    const id = await openSession(url(), [speaker('ann', 15), speaker('ben', 12)]);
    const row = page.getByRole('row').filter({ hasText: id });
    await row.waitFor();
    await say(id, 'm1', 'Tell me of the sea.');
    await row.locator('[data-status=running]').waitFor();
    await see(page, '.tile', /Running turns.*1/s);
    await page.keyboard.press('/');
    await page.keyboard.type('nobody says this');
    await page.getByRole('heading', { name: 'No session fits' }).waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('ben');
    await row.waitFor();
    await page.getByLabel('Any agent').selectOption('ann');
    expect(new URL(page.url()).hash).toBe('#/sessions?q=ben&agent=ann');
    await row
      .filter({ hasText: words(12) })
      .locator('[data-status=open]')
      .waitFor();
    expect(await findings(page)).toEqual([]);
  });

  test('another key is asked for where it is not dev mode’s, and refused with what to do', async () => {
    const page = await visit('/sessions');
    await page.locator('.badge', { hasText: 'Live' }).waitFor();
    await page.evaluate(() => sessionStorage.setItem('convoke.console.key', 'wrong'));
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'Check the key' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Key or token').fill(OTHER_KEY);
    await page.getByRole('button', { name: 'Open the console' }).click();
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
  });
});

describe('a session', () => {
  test('text streams in, in lanes and below; a turn is cancelled; what is forked goes on from there', async () => {
    const id = await openSession(url(), [speaker('ann', 15), speaker('ben', 400)]);
    const page = await visit(`/sessions/${id}`);
    await page.getByRole('heading', { name: 'Nobody has said anything yet' }).waitFor();
    await page.getByLabel('Message', { exact: true }).fill('Go on.');
    await page.keyboard.press('Enter');
    await see(page, '.lane-said', /w4 w5/);
    await see(page, '.step .text', /w4 w5/);
    await see(page, '.lane', 'ben');
    await page.getByLabel('Policy').selectOption('steer');
    await see(page, '.does', 'It joins the running turn at its next step.');
    await page.getByRole('button', { name: 'Cancel turn t1' }).click();
    await see(page, '.turn-head', 'cancelled');
    await see(page, '.step .text', words(15));
    await page.getByRole('button', { name: 'Fork before' }).click();
    await page.waitForURL((address) => !address.hash.includes(id));
    await see(page, '.title', `fork of ${id}`);
  });

  test('what waits for approval is decided there', async () => {
    const id = await openSession(url(), [payer]);
    await say(id, 'm1', 'My lamp is broken.');
    const page = await visit(`/sessions/${id}`);
    const card = page.getByRole('article', { name: 'Approval: Refund 70 €' });
    await card.getByRole('button', { name: 'Approve as operator' }).click();
    await see(page, '.ask', 'Approved by operator');
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Your name').fill('ben');
    await card.getByRole('button', { name: 'Approve as ben' }).click();
    await see(page, '.step .text', 'It is paid 70.');
    await see(page, '.tool summary', /refund.*completed/s);
  });

  test('events are searched; the replay plays the same again; both are linked to', async () => {
    const id = await openSession(url(), [speaker('ann', 15)]);
    await say(id, 'm1', 'Once more.');
    const page = await visit(`/sessions/${id}`);
    await answered(page, 't1');
    await page.getByLabel('Search events').fill('step.');
    await see(page, '.event-row', 'step.completed');
    await page.locator('.event-row', { hasText: 'step.completed' }).click();
    await see(page, '.chosen', words(15));
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByLabel('Moment').waitFor();
    expect(await page.locator('.step').count()).toBe(0);
    await page.getByLabel('Speed').selectOption('4');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await see(page, '.step .text', /w1 w2 w3/);
    await see(page, '.step .text', words(15));
    await answered(page, 't1');
    await page.getByRole('button', { name: 'One event back' }).click();
    await see(page, '.turn-head', 'running');
    const again = await visit(new URL(page.url()).hash.slice(1));
    await see(again, '.turn-head', 'running');
  });
});

describe('a message', () => {
  test('its waterfall names what held it up, attempt by attempt', async () => {
    const faults = [{ attempt: 1, afterTokens: 0, kind: 'limit', retryAfterMs: 1_200 }] as const;
    const slow: AgentSpec = { name: 'slow', runner: 'scripted', script: { tokens: 5, faults } };
    const id = await openSession(url(), [slow]);
    await say(id, 'm1', 'Are you there?');
    const page = await visit(`/sessions/${id}`);
    await answered(page, 't1');
    await page.getByRole('link', { name: 'Timeline' }).click();
    await see(page, '.verdict', /Until the next attempt, 1\.\d s/);
    await see(page, '[data-longest]', 'waits for the pause before another attempt');
    await see(page, '.span-row', 'attempt 2');
    await page.locator('.what button', { hasText: 'First token' }).click();
    await see(page, '.held', /waits for the model’s endpoint · .+@/);
    expect(await findings(page)).toEqual([]);
  });
});

describe('several messages', () => {
  test('each answer stands in its turn; what waits leads to the turns in front of it', async () => {
    const quiet: AgentSpec = { name: 'quiet', runner: 'scripted', script: { tokens: 2, paceMs: 2_500 } };
    const id = await openSession(url(), [quiet]);
    for (const number of [1, 2]) await say(id, `m${number}`, `Question ${number}`);
    const page = await visit(`/sessions/${id}`);
    await see(page, '.lane-doing', /waits for the first token · \d/);
    await see(page, '.step .text', 'w1');
    await see(page, '.lane-doing', /speaks/);
    expect(await page.locator('.conversation .turn').allInnerTexts()).toEqual([
      expect.stringMatching(/^t1[^]*Question 1[^]*w1/),
      expect.stringMatching(/^t2[^]*Question 2(?![^]*w1)/),
    ]);
    await page.getByRole('link', { name: 'Timeline' }).last().click();
    await see(page, '[data-longest]', 'behind t1');
    await page.locator('[data-longest]').getByRole('link', { name: 't1' }).click();
    await page.waitForURL(`**/sessions/${id}/messages/m1`);
    await page.getByText('Question 1').waitFor();
  });
});

describe('for everybody', () => {
  test('dark, on a phone: axe finds nothing on any page, and nothing is wider than the screen', async () => {
    const id = await openSession(url(), [speaker('x'.repeat(60), 3), payer]);
    await say(id, 'm1', 'y'.repeat(300));
    const page = await visit('/sessions', { viewport: PHONE, colorScheme: 'dark' });
    const places: [string, string][] = [
      ['/sessions', '.row-link'],
      [`/sessions/${id}`, '.ask'],
      [`/sessions/${id}?tab=events&event=2`, '.chosen'],
      [`/sessions/${id}?tab=people`, '.lags'],
      [`/sessions/${id}?tab=details`, '.facts'],
      [`/sessions/${id}?replay=1`, '.replay-bar'],
      [`/sessions/${id}/messages/m1`, '.bar'],
    ];
    for (const [place, sign] of places) {
      await page.evaluate((hash) => (location.hash = hash), place);
      await page.locator(sign).first().waitFor();
      expect([place, await findings(page)]).toEqual([place, []]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([place, wide]).toEqual([place, PHONE.width]);
    }
  });

  test('two browsers: what one decides and says, the other sees', async () => {
    const id = await openSession(url(), [payer]);
    const [here, there] = [await visit(`/sessions/${id}`), await visit(`/sessions/${id}`)];
    await here.getByLabel('Message', { exact: true }).fill('My lamp is broken.');
    await here.keyboard.press('Enter');
    await see(there, '.conversation', 'My lamp is broken.');
    const card = there.getByRole('article', { name: 'Approval: Refund 70 €' });
    await card.getByRole('button', { name: 'Approve as operator' }).click();
    await see(here, '.ask', 'Approved by operator');
    await see(there, '.ask', 'Approved by operator');
    await there.getByLabel('Your name').fill('ben');
    await card.getByRole('button', { name: 'Approve as ben' }).click();
    await answered(here, 't1');
    await here.getByRole('button', { name: 'Bad answer in t1' }).click();
    await see(there, '.given', 'application');
    await there.goto(`${url()}/console/#/sessions?feedback=low`);
    await there.getByRole('link', { name: id }).waitFor();
  });

  test('its gateway is killed in mid-answer: it says so, comes back by itself, and the answer is whole', async () => {
    const id = await openSession(url(), [speaker('ann', 100)]);
    const page = await visit(`/sessions/${id}`);
    await say(id, 'm1', 'Tell me all.');
    await see(page, '.step .text', /w4 w5/);
    const gateway = stack.gateways[0]!;
    await gateway.end('SIGKILL');
    await see(page, '.connection', 'Offline, tries again');
    await gateway.start();
    await see(page, '.connection', 'Live');
    await answered(page, 't1');
    await see(page, '.step .text', words(100));
    expect(await page.locator('.step').count()).toBe(1);
    // While there is nobody.
    expect(errors.splice(0).filter((each) => !each.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });

  test('the keyboard alone goes from the list into a session and back', async () => {
    const id = freshId();
    await openSession(url(), [speaker('ann', 3)], id);
    const page = await visit(`/sessions?q=${id}`);
    await page.getByRole('link', { name: id }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    for (let press = 0; press < 20; press += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.matches('.row-link'))) break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: id }).waitFor();
    await page.getByRole('link', { name: 'All sessions', exact: true }).press('Enter');
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
  });
});
