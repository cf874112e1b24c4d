/** The page in a real browser on the real product: whatever is killed or cut, everything is as it was. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { launchBrowser } from '../page/browser.ts';
import { online, say, see, textsOf } from '../page/setup.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectWhole, freshId, openSession, speaker, words } from './scene.ts';

let stack: Stack;
let browser: Browser;
const contexts: BrowserContext[] = [];
const errors: Error[] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ gateways: 2, workers: 1 }), launchBrowser()]);
}, 90_000);

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  expect(errors.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await stack.stop();
});

/** A tab of its own, served by the first gateway, which knows the second one too. */
async function visit(id: string): Promise<Page> {
  const context = await browser.newContext();
  contexts.push(context);
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error));
  const [first, second] = stack.urls;
  await page.goto(`${first!}/?gateways=${second!}#session=${id}`);
  return page;
}

/** A new session with these agents, and a tab that follows it. */
async function join(...agents: AgentSpec[]): Promise<{ id: string; page: Page }> {
  const id = await openSession(stack.urls[0]!, agents);
  const page = await visit(id);
  await online(page);
  return { id, page };
}

const ANSWER = '.speech .markdown';

/** The turn has ended well, and the agents have said exactly this. */
async function expectDone(page: Page, ...texts: string[]): Promise<void> {
  await see(page, '.receipt', /^Answered$/);
  expect((await textsOf(page, ANSWER)).map((text) => text.trim())).toEqual(texts.map((text) => text.trim()));
}

describe('the page', () => {
  test('starts a session by its form; two agents speak; a second tab sees the same, and the session is listed', async () => {
    const id = freshId();
    const page = await visit(id);
    await page.getByRole('radio', { name: /Two writers/ }).check();
    await page.getByRole('button', { name: 'Start session' }).click();
    await see(page, '#hint', 'Say something to Ann and Ben.');
    await say(page, 'the sea');
    await see(page, '.step[data-status=running] .markdown', /draft about “the sea”/);
    const other = await visit(id);
    await see(other, '.step[data-status=running] .markdown', /draft/);
    await Promise.all([page, other].map((each) => see(each, '.receipt', /^Answered$/)));
    const texts = await textsOf(page, ANSWER);
    expect(texts).toHaveLength(2);
    expect(await textsOf(other, ANSWER)).toEqual(texts);
    expect(await textsOf(other, '.speech .name')).toEqual(['Ann', 'Ben']);
    await see(other, '#session-list [aria-current]', id);
    const events = await allEvents(stack.urls[0]!, id);
    expectWhole(events);
    // Said with a session token, whose subject that is; a key would leave it open.
    expect(events.find(({ type }) => type === 'message.accepted')).toMatchObject({ data: { from: 'You' } });
  });

  test('reloaded in the middle of a stream, it goes on where it was', async () => {
    const { page } = await join(speaker('Ann', 60), speaker('Ben', 5));
    await say(page, 'Go on.');
    await see(page, ANSWER, 'w10 ');
    await page.reload();
    await see(page, '.step[data-status=running] .markdown', /^w1 .*w10 /);
    await see(page, '.message .text', 'Go on.');
    await expectDone(page, words(60), words(5));
  });

  test('offline, a message waits; it is delivered, once, when the network is back', async () => {
    const { id, page } = await join(speaker('Ann', 3));
    await page.context().setOffline(true);
    await see(page, '#state', /^Offline/);
    await say(page, 'from the tunnel');
    await see(page, '.receipt', 'Not sent yet');
    await page.context().setOffline(false);
    await expectDone(page, words(3));
    const events = await allEvents(stack.urls[0]!, id);
    expectWhole(events);
    expect(events.filter(({ type }) => type === 'message.accepted')).toHaveLength(1);
  });

  test('a failing agent begins again and what it had said is withdrawn', async () => {
    const script = {
      tokens: 40,
      // Slow enough for a loaded browser to be seen between w12 and the failure, and at the begin of the second attempt.
      paceMs: 150,
      faults: [{ attempt: 1, afterTokens: 30, kind: 'throw' }],
    } as const;
    const { page } = await join({ name: 'Stumbler', runner: 'scripted', script });
    await say(page, 'Careful.');
    await see(page, ANSWER, 'w12 ');
    await see(page, '.withdrawn', /^Attempt 1 ended after \d/);
    await see(page, '.withdrawn del', /^w1 .*w12 /);
    await see(page, ANSWER, /^(w1)?( w[2-9])*\s*$/);
    await expectDone(page, words(40));
  });

  test('a running turn and a waiting one are cancelled by their buttons', async () => {
    const { page } = await join(speaker('Ann', 2_000));
    await say(page, 'long');
    await see(page, ANSWER, 'w5 ');
    await say(page, 'next');
    await see(page, '.receipt', 'Waits for its turn');
    await page.getByRole('button', { name: 'Stop turn t2' }).click();
    await see(page, '.receipt', 'Refused: The turn was cancelled before it started.');
    await page.getByRole('button', { name: 'Stop turn t1' }).click();
    await see(page, '.speaker .state', 'stopped');
    await see(page, '.receipt', /^Stopped$/);
  });

  test('what people and agents say is text', async () => {
    const code = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const { id, page } = await join({
      name: 'Echo',
      runner: 'scripted',
      script: { say: 'You said {{message}}' },
    });
    await say(page, code);
    await expectDone(page, `You said ${code}`);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe(`${id} · Convoke`);
  });

  test('a message stops the answer, and is the next to be answered', async () => {
    const { page } = await join(speaker('Ann', 2_000));
    await say(page, 'long');
    await see(page, ANSWER, 'w5 ');
    await page.getByLabel('Your message will').selectOption({ label: 'withdraw this answer, and be next' });
    await say(page, 'instead');
    await see(page, '[data-turn=withdrawn] .message', 'long');
    await see(page, '[data-turn=running] .message', 'instead');
    await page.getByRole('button', { name: 'Stop turn t2' }).click();
    await see(page, '.receipt', /^Stopped$/);
  });

  test('a message is edited in a fork: another session goes on, and this one stays as it is', async () => {
    const { id, page } = await join({
      name: 'Echo',
      runner: 'scripted',
      script: { say: 'About {{message}}' },
    });
    await say(page, 'rivers');
    await expectDone(page, 'About rivers');
    await say(page, 'the sea');
    await see(page, ANSWER, 'About the sea');
    await page.getByRole('button', { name: 'Edit' }).nth(1).click();
    await page.locator('#edit-text').fill('lakes');
    await page.getByRole('button', { name: 'Go on there' }).click();
    await see(page, '#parent', `fork of ${id}`);
    await expectDone(page, 'About rivers', 'About lakes');
    await page.locator('#parent').click();
    await see(page, '#session', id);
    await expectDone(page, 'About rivers', 'About the sea');
  });

  test('a closed session says so to everybody', async () => {
    const { id, page } = await join(speaker('Ann', 3));
    const other = await visit(id);
    await online(other);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.locator('#pill').click();
    await page.getByRole('button', { name: 'Close session' }).click();
    for (const each of [page, other]) await each.getByPlaceholder('This session is closed.').waitFor();
  });

  test('a wrong key is named; the right one opens the session', async () => {
    const { page } = await join(speaker('Ann', 3));
    await page.locator('#pill').click();
    await page.locator('#key').fill('wrong');
    await page.keyboard.press('Enter');
    await see(page, '#problem', 'The key is missing or not valid');
    await page.locator('#key').fill('dev');
    await page.keyboard.press('Enter');
    await online(page);
    await page.locator('#problem').waitFor({ state: 'hidden' });
  });

  test('when its gateway is killed it goes to the other one: nothing is missing, nothing is there twice', async () => {
    const { id, page } = await join(speaker('Ann', 60), speaker('Ben', 10));
    await say(page, 'Go on.');
    await see(page, ANSWER, 'w10 ');
    const [first, second] = stack.gateways;
    await first!.end('SIGKILL');
    try {
      const how = `Resumed through ${second!.url.slice('http://'.length)}`;
      await page.locator('#how', { hasText: how }).waitFor({ state: 'attached' });
      await expectDone(page, words(60), words(10));
      await say(page, 'And now?');
      await page
        .locator('.receipt', { hasText: /^Answered$/ })
        .nth(1)
        .waitFor();
      expectWhole(await allEvents(second!.url, id));
    } finally {
      await first!.start();
    }
  });
});
