/** Ten thousand events, and fifty agents that speak at once: the console stays smooth. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { FakeLog } from '../client/fake-log.ts';
import type { ScriptedGateway } from '../client/scripted-gateway.ts';
import { launchBrowser } from '../page/browser.ts';
import { serveConsole } from './stage.ts';

const EVENTS = 10_000;
const STREAMS = 50;
/** Tokens of each of them a second. */
const PACE = 20;
const MEASURE_MS = 2_000;
/** Of 60 a second, by the slower half of machines that run this. */
const LEAST_FRAMES = 20;

let browser: Browser;
let gateway: ScriptedGateway;
let page: Page;
const log = new FakeLog('s1');
const errors: Error[] = [];

beforeAll(async () => {
  for (let turn = 1; log.events.length < EVENTS - STREAMS; turn += 1) {
    log.message(`m${turn}`, `t${turn}`, `Question ${turn}`);
    for (const name of ['ann', 'ben']) {
      log.start(`t${turn}`, `t${turn}.${name}`, name);
      log.say(`t${turn}.${name}`, `Answer ${turn} of ${name}.`);
      log.complete(`t${turn}`, `t${turn}.${name}`);
    }
    log.append('turn.completed', {}, { turn: `t${turn}` });
  }
  log.message('last', 'tz', 'All of you, please.');
  [browser, gateway] = await Promise.all([launchBrowser(), serveConsole(log)]);
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(`${gateway.url}/console/#/sessions/s1`);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await gateway.stop();
  expect(errors).toEqual([]);
});

/** The time between frames, ms, while `work` goes on. */
async function framesDuring(work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    Object.assign(globalThis, { gaps });
    requestAnimationFrame(function look(now) {
      gaps.push(now - last);
      last = now;
      requestAnimationFrame(look);
    });
  });
  await work();
  return page.evaluate(() => (globalThis as unknown as { gaps: number[] }).gaps.slice(1));
}

test('all events are there, of which only those on the screen are drawn; any is found', async () => {
  const all = log.events.length;
  await page
    .getByRole('status')
    .filter({ hasText: all.toLocaleString('en-US') })
    .waitFor();
  expect(await page.locator('.event-row').count()).toBeLessThan(100);
  await page.getByLabel('Search events').fill('Question 1234');
  await page
    .getByRole('status')
    .filter({ hasText: /^1 of / })
    .waitFor();
  await page.getByLabel('Search events').fill('');
});

test(`${STREAMS} streams at once`, async () => {
  const steps = Array.from({ length: STREAMS }, (_, index) => `tz.b${index}.1`);
  gateway.push(...steps.map((step, index) => log.start('tz', step, `agent-${index}`)));
  await page
    .locator('.lane')
    .nth(STREAMS - 1)
    .waitFor();
  let said = 0;
  const gaps = await framesDuring(
    () =>
      new Promise((resolve) => {
        const timer = setInterval(() => {
          said += 1;
          const item = said % 5 === 0 ? '\n\n- **An item** with `code`: ' : '';
          gateway.push(...steps.map((step) => log.say(step, `${item}word ${said} `)));
          if (said < (MEASURE_MS / 1_000) * PACE) return;
          clearInterval(timer);
          resolve();
        }, 1_000 / PACE);
      }),
  );
  await page
    .locator('.lane-said')
    .last()
    .filter({ hasText: `word ${said}` })
    .waitFor();
  await page.locator('.step .markdown li').last().waitFor();
  const frames = (gaps.length / gaps.reduce((sum, gap) => sum + gap, 0)) * 1_000;
  expect(frames).toBeGreaterThan(LEAST_FRAMES);
  if (process.env['TEST_TELL'])
    process.stdout.write(
      `${frames.toFixed(1)} frames/s, slowest ${gaps
        .toSorted((a, b) => b - a)
        .slice(0, 5)
        .map(Math.round)
        .join(', ')} ms\n`,
    );
});
