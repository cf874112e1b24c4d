/** What agents say is drawn as Markdown, whatever they say: it runs nothing, loads nothing, and grows without being drawn anew. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { FakeLog } from '../client/fake-log.ts';
import type { ScriptedGateway } from '../client/scripted-gateway.ts';
import { findings } from '../page/axe.ts';
import { launchBrowser } from '../page/browser.ts';
import { serveConsole } from './stage.ts';

const HOSTILE = `
<script>globalThis.hit = 1</script>

Text <img src="/hit.png" onerror="globalThis.hit = 1"> and <b onclick="globalThis.hit = 1">bold</b>.

[a](javascript:globalThis.hit=1) [b](data:text/html,hi) [c](/v1/sessions) [d](//e.example/x) ![pixel](https://e.example/pixel.png)

[good](https://g.example/x "t") <mailto:ann@g.example> https://bare.example

\`\`\`html
<script>globalThis.hit = 1</script>
\`\`\`
`;
const RICH = `# Orders

| order | price |
| :---- | ----: |
| A-17  | **89** € |
| A-18  | 9 \\| 10 |

1. first
2. second, with \`code\`
   - inside

> said, &amp; quoted
`;

let browser: Browser;
let gateway: ScriptedGateway;
let page: Page;
const log = new FakeLog('s1');
const errors: string[] = [];
const asked: string[] = [];

function answer(turn: string, text: string): void {
  log.message(`m${turn}`, turn);
  log.start(turn, `${turn}.1`);
  log.say(`${turn}.1`, text);
  log.complete(turn, `${turn}.1`);
  log.append('turn.completed', {}, { turn });
}

beforeAll(async () => {
  answer('t1', HOSTILE);
  answer('t2', RICH);
  const feedback = { messageId: 'f1', turn: 't2', by: 'scorer:brief', score: 0.25, private: true } as const;
  log.append('feedback.given', feedback);
  [browser, gateway] = await Promise.all([launchBrowser(), serveConsole(log)]);
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${gateway.url}/console/#/sessions/s1`);
  await page.locator('.markdown').nth(1).waitFor();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await gateway.stop();
  expect(errors).toEqual([]);
});

const said = (turn: string): Locator =>
  page.locator('.turn', { has: page.getByRole('heading', { name: turn, exact: true }) }).locator('.markdown');

test('a script in Markdown does nothing: it is shown as text, and nothing is asked of anybody', async () => {
  const box = said('t1');
  expect(await box.locator('script, img, b, iframe').count()).toBe(0);
  expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false);
  const text = await box.innerText();
  expect(text).toContain('<img src="/hit.png" onerror="globalThis.hit = 1">');
  expect(await box.locator('pre').innerText()).toContain('<script>globalThis.hit = 1</script>');
  expect(asked.filter((url) => !url.startsWith(gateway.url) && !url.startsWith('ws:'))).toEqual([]);
});

test('links lead to the web and to mailboxes, and tell nobody where they come from', async () => {
  const links = await said('t1')
    .locator('a')
    .evaluateAll((found) =>
      found.map((each) => [each.textContent, each.getAttribute('href'), each.getAttribute('rel')]),
    );
  const rel = 'noopener noreferrer nofollow';
  expect(links).toEqual([
    ['pixel', 'https://e.example/pixel.png', rel],
    ['good', 'https://g.example/x', rel],
    ['mailto:ann@g.example', 'mailto:ann@g.example', rel],
    ['https://bare.example', 'https://bare.example/', rel],
  ]);
});

test('a table, lists, code and quotations are drawn', async () => {
  const box = said('t2');
  expect(await box.getByRole('row').allInnerTexts()).toEqual(['order\tprice', 'A-17\t89 €', 'A-18\t9 | 10']);
  expect(await box.locator('td strong').innerText()).toBe('89');
  expect(await box.getByRole('heading', { name: 'Orders' }).count()).toBe(1);
  expect(await box.locator('ol > li').count()).toBe(2);
  expect(await box.locator('ol ul li').innerText()).toBe('inside');
  expect(await box.locator('blockquote').innerText()).toBe('said, & quoted');
  expect(await findings(page)).toEqual([]);
});

test('private feedback, which no view has, stands on its turn', async () => {
  const given = page.getByRole('list', { name: 'Feedback on t2' });
  await given.filter({ hasText: 'scorer:brief: scores 0.25' }).filter({ hasText: 'private' }).waitFor();
});

test('text that grows keeps what is complete, and ends as if it had come at once', async () => {
  gateway.push(...log.message('m3', 't3'), log.start('t3', 't3.1'));
  const pieces = RICH.match(/[\s\S]{1,7}/g) ?? [];
  for (const piece of pieces.slice(0, 12)) gateway.push(log.say('t3.1', piece));
  await said('t3').locator('td').first().waitFor();
  await said('t3')
    .getByRole('heading')
    .evaluate((node) => node.setAttribute('data-kept', ''));
  for (const piece of pieces.slice(12)) gateway.push(log.say('t3.1', piece));
  await said('t3').locator('blockquote').filter({ hasText: 'quoted' }).waitFor();
  expect(await said('t3').locator('[data-kept]').count()).toBe(1);
  gateway.push(log.complete('t3', 't3.1'), log.append('turn.completed', {}, { turn: 't3' }));
  await page.getByRole('button', { name: 'Good answer in t3' }).waitFor();
  const whole = (await said('t3').innerHTML()).replace(' data-kept=""', '');
  expect(whole).toBe(await said('t2').innerHTML());
});
