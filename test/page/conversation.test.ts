import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Play, see, say, startStage, textsOf } from './setup.ts';
import type { Stage } from './setup.ts';

let stage: Stage;
let play: Play;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  play = new Play(stage, ['Ann', 'Ben']);
  await play.addGateway();
});
afterEach(async () => {
  await play.end();
  expect(play.errors).toEqual([]);
});

const CODE = '<img src=x onerror="document.title=\'stolen\'">&lt;b&gt;';

describe('a turn', () => {
  test('is a conversation: one agent after the other, and it ends as answered', async () => {
    const { log } = play;
    const page = await play.join();
    play.push(...log.message('m1', 't1', 'Tell me.'), log.start('t1', 't1.1', 'Ann'));
    play.push(log.say('t1.1', 'one two'));
    await see(page, '.step[data-status=running]', 'one two');
    expect(await textsOf(page, '.speech .name')).toEqual(['Ann']);
    await see(page, '.receipt', 'Being answered');
    play.push(log.complete('t1', 't1.1'), log.start('t1', 't1.2', 'Ben'), log.say('t1.2', 'three'));
    play.push(log.complete('t1', 't1.2'), log.append('turn.completed', {}, { turn: 't1' }));
    await see(page, '.receipt', /^Answered$/);
    expect((await textsOf(page, '.markdown')).map((text) => text.trim())).toEqual(['one two', 'three']);
    const [ann, ben] = await Promise.all([0, 1].map((n) => page.locator('.speech').nth(n).boundingBox()));
    expect(ben!.y).toBeGreaterThanOrEqual(ann!.y + ann!.height);
    expect(ben!.x).toBe(ann!.x);
  });

  test('is shown whole as soon as it has ended, also where rendering is slow', async () => {
    const { log } = play;
    const page = await play.join();
    // By this clock rendering takes 200 ms, so what comes next is held back for a second and more.
    await page.evaluate(() => {
      const now = performance.now.bind(performance);
      let calls = 0;
      performance.now = () => now() + 200 * (calls += 1);
    });
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'The beginning'));
    await see(page, '.markdown', 'The beginning');
    play.push(log.say('t1.1', ' and the end.'), log.start('t1', 't1.2', 'Ben'), log.say('t1.2', 'Me too.'));
    await see(page, '.markdown', 'Me too.');
    play.push(log.complete('t1', 't1.1'), log.complete('t1', 't1.2'));
    play.push(log.append('turn.completed', {}, { turn: 't1' }));
    await see(page, '.receipt', /^Answered$/);
    expect((await textsOf(page, '.markdown')).join('')).toContain('The beginning and the end.');
  });

  test('has its branches side by side, and what follows them below', async () => {
    const { log } = play;
    const page = await play.join();
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1.b1.1', 'Ann'));
    play.push(log.start('t1', 't1.1.b2.1', 'Ben'), log.say('t1.1.b2.1', 'me first'));
    play.push(log.say('t1.1.b1.1', 'now me'), log.start('t1', 't1.2', 'Editor'), log.say('t1.2', 'both'));
    await see(page, '.markdown', 'both');
    expect(await textsOf(page, '.lane .name')).toEqual(['Ann', 'Ben']);
    const [ann, ben, editor] = await Promise.all(
      ['.lane >> nth=0', '.lane >> nth=1', '.blocks > .speech'].map((each) =>
        page.locator(each).boundingBox(),
      ),
    );
    expect(ann!.y).toBe(ben!.y);
    expect(ben!.x).toBeGreaterThan(ann!.x + ann!.width);
    expect(editor!.y).toBeGreaterThan(ann!.y + ann!.height);
  });

  test('a new attempt withdraws the text of the one before, and says why and after how long', async () => {
    const { log } = play;
    const page = await play.join();
    play.push(...log.message('m1', 't1'));
    play.push(
      log.append('step.started', {}, { turn: 't1', step: 't1.1', agent: 'Ann', attempt: 1, at: 5_000 }),
    );
    play.push(log.say('t1.1', 'forget this'));
    await see(page, '.markdown', 'forget this');
    const again = { turn: 't1', step: 't1.1', attempt: 2, at: 6_200 };
    play.push(log.append('step.restarted', { reason: 'The worker that ran it was lost.' }, again));
    play.push(log.say('t1.1', 'better'));
    await see(page, '.withdrawn', 'Attempt 1 ended after 1.2 s: its worker died');
    await see(page, '.withdrawn del', 'forget this');
    await see(page, '.markdown', /^better\s*$/);
  });

  test('reasoning is folded away beside the text', async () => {
    const { log } = play;
    const page = await play.join();
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'), log.think('t1.1', 'Let me see.'));
    await see(page, '.state', 'thinking');
    expect(await page.locator('.thoughts .text').isVisible()).toBe(false);
    await page.getByText('Reasoning').click();
    await see(page, '.thoughts .text', 'Let me see.');
    play.push(log.say('t1.1', 'Yes.'), log.complete('t1', 't1.1'));
    await see(page, '.step[data-status=completed] .markdown', 'Yes.');
    await see(page, '.thoughts .text', 'Let me see.');
  });

  test('a call of a tool shows its arguments, folded, its progress and its result', async () => {
    const { log } = play;
    const page = await play.join();
    const use = { id: 'c1', tool: 'weather', input: { city: CODE } };
    const call = { turn: 't1', step: 't1.1.c1', agent: 'Ann', attempt: 1 };
    play.push(...log.message('m1', 't1'), log.append('step.started', { use }, call));
    await see(page, '.state', 'working');
    await see(page, '.call summary', 'weather');
    expect(await page.locator('.input').isVisible()).toBe(false);
    await page.getByText('weather').click();
    await see(page, '.input', CODE.slice(0, 10));
    play.push(log.think('t1.1.c1', 'asking'), log.say('t1.1.c1', 'sunny'));
    await page.getByText('Progress').click();
    await see(page, '.thoughts .text', 'asking');
    await see(page, '.result', 'sunny');
  });

  test('a pause and a cut answer are shown', async () => {
    const { log } = play;
    const page = await play.join();
    const step = { turn: 't1', step: 't1.1', attempt: 1 };
    const waiting = { code: 'agent_rate_limited', message: 'Later.', until: Date.now() + 60_000 };
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'));
    play.push(log.append('step.waiting', waiting, step));
    await see(page, '.state', /^Pauses until .*: The model provider kept refusing/);
    play.push(log.append('step.completed', { text: 'As I was', finish: 'length' }, step));
    await see(page, '.state', 'cut: the answer was too long');
  });

  test('failed and cancelled turns say so, in a sentence', async () => {
    const { log } = play;
    const page = await play.join();
    const failure = { code: 'agent_refused', message: 'It would not.' };
    const step = { turn: 't1', step: 't1.1', attempt: 1, agent: 'Ann' };
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'half'));
    play.push(log.append('step.failed', { ...failure, text: 'half' }, step));
    play.push(log.append('turn.failed', failure, { turn: 't1' }));
    play.push(...log.message('m2', 't2'), log.append('turn.cancelled', { reason: 'asked' }, { turn: 't2' }));
    await see(page, '.failure', 'The agent failed, and trying again would not help. It would not.');
    await see(page, '.outcome', 'asked');
    expect(await textsOf(page, '.receipt')).toEqual(['Not answered', 'Stopped']);
  });

  test('is cancelled by its button', async () => {
    const { log } = play;
    const page = await play.join();
    const asked: unknown[] = [];
    play.gateways[0]!.script = (name, request) => {
      if (name === 'cancel') asked.push(request['turn']);
      return undefined;
    };
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'));
    await page.getByRole('button', { name: 'Stop turn t1' }).click();
    play.push(log.append('turn.cancelled', { reason: 'asked' }, { turn: 't1' }));
    await see(page, '.outcome', 'asked');
    expect(asked).toEqual(['t1']);
    await page.getByRole('button', { name: 'Stop turn t1' }).waitFor({ state: 'hidden' });
  });

  test('the screen follows what is written, unless somebody reads further up', async () => {
    const { log } = play;
    const page = await play.join();
    const below = (): Promise<number> =>
      page.locator('main').evaluate((main) => main.scrollHeight - main.scrollTop - main.clientHeight);
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'));
    for (let line = 0; line < 60; line += 1) play.push(log.say('t1.1', `line ${line}\n\n`));
    await see(page, '.markdown', 'line 59');
    await page.waitForFunction(() => {
      const main = document.querySelector('main')!;
      return main.scrollTop > 0 && main.scrollHeight - main.scrollTop - main.clientHeight < 2;
    });
    await page.locator('main').evaluate((main) => main.scrollTo(0, 100));
    await see(page, '#newest', 'Newest');
    for (let line = 60; line < 90; line += 1) play.push(log.say('t1.1', `line ${line}\n\n`));
    await see(page, '.markdown', 'line 89');
    expect(await page.locator('main').evaluate((main) => main.scrollTop)).toBe(100);
    await page.locator('#newest').click();
    expect(await below()).toBeLessThan(2);
  });

  test('what is finished is not touched again', async () => {
    const { log } = play;
    const page = await play.join();
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'done long ago'));
    play.push(log.complete('t1', 't1.1'), log.append('turn.completed', {}, { turn: 't1' }));
    await see(page, '.receipt', /^Answered$/);
    await page.evaluate(() => {
      const [row] = document.querySelectorAll('.row');
      const count = (changes: readonly unknown[]): void => {
        document.body.dataset['touched'] = String(changes.length);
      };
      const rules = { subtree: true, childList: true, characterData: true, attributes: true };
      new MutationObserver(count).observe(row!, rules);
    });
    play.push(...log.message('m2', 't2'), log.start('t2', 't2.1', 'Ann'), log.say('t2.1', 'new text'));
    await see(page, '.markdown', 'new text');
    expect(await page.locator('body').getAttribute('data-touched')).toBeNull();
  });
});

describe('sending', () => {
  test('Enter sends, Shift+Enter breaks the line; accepted until the session speaks', async () => {
    const page = await play.join();
    await page.locator('#text').fill('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    const [sent] = await play.gateways[0]!.sends.reached(1);
    expect(sent!.text).toBe('one\ntwo');
    await see(page, '.receipt', /^Received$/);
    play.push(...play.log.message(sent!.messageId, 't1', sent!.text));
    await see(page, '.receipt', 'Being answered');
    expect(await page.locator('.message').count()).toBe(1);
  });

  test('a refused message says why and can be dismissed', async () => {
    const page = await play.join();
    const problem = {
      type: '',
      title: '',
      status: 409,
      code: 'session_closed',
      detail: '',
      retryable: false,
    };
    play.gateways[0]!.script = (name) =>
      name === 'send' ? { ok: false, problem: problem as never } : undefined;
    await say(page, 'too late');
    await see(page, '.receipt', 'Refused: The session is closed.');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.locator('.row').waitFor({ state: 'detached' });
  });
});

describe('the place', () => {
  test('a closed session takes nothing more', async () => {
    const page = await play.join();
    play.push(play.log.append('session.closed', { reason: 'asked' }));
    await page.getByPlaceholder('This session is closed.').waitFor();
    expect(await page.locator('#text').isDisabled()).toBe(true);
    expect(await page.locator('#send').isDisabled()).toBe(true);
  });

  test('fits a phone, and long words do not widen it', async () => {
    const { log } = play;
    const page = await play.join({ viewport: { width: 360, height: 640 } });
    play.push(...log.message('m1', 't1', 'x'.repeat(300)), log.start('t1', 't1.1', 'Ann'.repeat(20)));
    play.push(log.say('t1.1', 'y'.repeat(300)));
    await see(page, '.markdown', 'y'.repeat(300));
    const widths = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.querySelector('main')!.scrollWidth,
    ]);
    expect(Math.max(...widths)).toBeLessThanOrEqual(360);
  });

  test('links to the workflow, and only to web addresses', async () => {
    const page = await play.join({}, '&ui=https://temporal.example/');
    const path = 'namespaces/default/workflows/session%3Aacme%3As1';
    expect(await page.locator('#temporal').getAttribute('href')).toBe(`https://temporal.example/${path}`);
    const near = await play.join({}, '&ui=8999&namespace=acme');
    const named = path.replace('/default/', '/acme/');
    expect(await near.locator('#temporal').getAttribute('href')).toBe(`http://127.0.0.1:8999/${named}`);
    const other = await play.join({}, '&ui=javascript:alert(1)');
    expect(await other.locator('#temporal').getAttribute('href')).toBe(`http://localhost:8233/${path}`);
  });
});
