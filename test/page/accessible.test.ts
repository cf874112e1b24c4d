/** For everybody: axe finds nothing, the keyboard reaches everything, and a phone is wide enough. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { refuse } from '../client/scripted-gateway.ts';
import { findings } from './axe.ts';
import { Play, say, see, startStage } from './setup.ts';
import type { Stage } from './setup.ts';

const PHONE = { width: 360, height: 640 };

let stage: Stage;
const plays: Play[] = [];

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  for (const play of plays) await play.end();
  await stage.stop();
  expect(plays.flatMap(({ errors }) => errors)).toEqual([]);
});

async function begin(): Promise<Play> {
  const play = new Play(stage, ['Ann', 'Ben']);
  plays.push(play);
  await play.addGateway();
  return play;
}

const MARKDOWN = [
  ...[
    '# Title',
    'A [link](https://example.com) and `code`.',
    '- one\n- two',
    '> said',
    '```ts\nconst a = 1;\n```',
  ],
  '| a | b |\n| --- | --- |\n| 1 | 2 |',
].join('\n\n');

/** Everything that a conversation can show, at once. */
function fill(play: Play): void {
  const { log } = play;
  const step = { turn: 't1', step: 't1.1', attempt: 1, agent: 'Ann' };
  const use = { id: 'c1', tool: 'weather', input: { city: 'Brest' } };
  const call = { ...step, step: 't1.1.c1' };
  play.push(...log.message('m1', 't1', 'Why?'), log.start('t1', 't1.1', 'Ann'), log.think('t1.1', 'Well.'));
  play.push(log.say('t1.1', 'wrong'), log.restart('t1', 't1.1'), log.think('t1.1', 'Well.'));
  play.push(log.append('step.completed', { text: MARKDOWN, reasoning: 'Well.' }, { ...step, attempt: 2 }));
  play.push(log.append('step.started', { use }, call), log.append('step.completed', { text: 'sunny' }, call));
  for (const [index, name] of ['Ann', 'Ben', 'Cleo', 'Dora', 'Emil', 'Finn', 'Gwen', 'Hugo'].entries()) {
    play.push(log.start('t1', `t1.2.b${index}.1`, name), log.say(`t1.2.b${index}.1`, 'At once.'));
  }
  const failure = { code: 'agent_refused', message: 'No.' };
  play.push(log.append('step.failed', { ...failure, text: 'half' }, { ...step, step: 't1.2.b1.1' }));
  play.push(log.append('turn.failed', { code: 'team_failed', message: 'It threw.' }, { turn: 't1' }));
  play.push(log.append('message.rejected', { messageId: 'm2', code: 'inbox_full' }));
  play.push(...log.message('m3', 't3', 'And now?'), log.start('t3', 't3.1', 'Ben'));
  const approval = { approval: 't3.1.c1', title: 'Refund 70 €', tool: 'refund', agent: 'Ben', hash: 'h' };
  const terms = { approvers: { roles: ['lead'], count: 2 }, mayEdit: true, onExpiry: 'deny' } as const;
  const until = Date.now() + 600_000;
  play.push(
    log.append('approval.requested', { ...approval, ...terms, data: { amount: 70 }, until }, { turn: 't3' }),
  );
  const asked = { question: 't3.2', name: 'Maria', text: 'Shall we?', until };
  play.push(log.append('person.asked', asked, { turn: 't3' }));
}

describe('axe finds nothing', () => {
  test.each(['light', 'dark'] as const)('in a conversation, %s', async (colorScheme) => {
    const play = await begin();
    const page = await play.join({ colorScheme });
    fill(play);
    await see(page, '.question', 'Shall we?');
    await page.locator('.call > summary').click();
    await page.getByText('Reasoning').first().click();
    expect(await findings(page)).toEqual([]);
    await page.locator('#pill').click();
    expect(await findings(page)).toEqual([]);
  });

  test('where a session is started, on a phone, with the list of sessions', async () => {
    const play = await begin();
    play.gateways[0]!.script = (name) => (name === 'subscribe' ? refuse('session_not_found') : undefined);
    const page = await play.visit({ viewport: PHONE });
    await see(page, '#start', 'Start this session');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Sessions' }).click();
    await see(page, '#sessions', 'New session');
    expect(await findings(page)).toEqual([]);
  });

  test('where the key is refused', async () => {
    const play = await begin();
    play.gateways[0]!.refusals.push('unauthorized');
    const page = await play.visit();
    await see(page, '#problem', 'The key is missing');
    expect(await findings(page)).toEqual([]);
  });
});

describe('with the keyboard alone', () => {
  test('everything that can be pressed is reached, and it can be seen where the focus is', async () => {
    const play = await begin();
    const page = await play.join();
    fill(play);
    await see(page, '.question', 'Shall we?');
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const wanted = await page.locator('button:visible:enabled, a[href]:visible, summary:visible').count();
    const reached = new Set<number>();
    const outlines = new Set<string>();
    for (let press = 0; press < 60; press += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => {
        const node = document.activeElement!;
        return {
          place: [...document.querySelectorAll('*')].indexOf(node),
          outline: getComputedStyle(node).outlineStyle,
          isControl: node.matches('button, a, summary'),
        };
      });
      if (!focused.isControl) continue;
      reached.add(focused.place);
      outlines.add(focused.outline);
    }
    expect(reached.size).toBe(wanted);
    expect([...outlines]).toEqual(['solid']);
  });

  test('Escape closes what is open and gives the focus back', async () => {
    const play = await begin();
    const page = await play.join({ viewport: PHONE });
    for (const name of ['#menu', '#pill']) {
      await page.locator(name).focus();
      await page.keyboard.press('Enter');
      const open = name === '#menu' ? '#sessions' : '#connection .panel';
      await page.locator(open).waitFor({ state: 'visible' });
      await page.keyboard.press('Tab');
      await page.keyboard.press('Escape');
      await page.locator(open).waitFor({ state: 'hidden' });
      expect(await page.locator(name).evaluate((node) => node === document.activeElement)).toBe(true);
    }
  });

  test('an answer is read out once it is complete, not token by token', async () => {
    const play = await begin();
    const { log } = play;
    const page = await play.join();
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      const announcer = document.querySelector('#announcer')!;
      new MutationObserver(() => heard.push(announcer.textContent)).observe(announcer, { childList: true });
    });
    play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'));
    for (const word of ['one ', 'two ', 'three']) play.push(log.say('t1.1', word));
    await see(page, '.markdown', 'one two three');
    play.push(log.complete('t1', 't1.1'), log.append('turn.completed', {}, { turn: 't1' }));
    await see(page, '.receipt', /^Answered$/);
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    expect(heard).toEqual(['Ann: one two three']);
  });
});

test('a phone of 360 px shows everything without scrolling sideways, and long words do not widen it', async () => {
  const play = await begin();
  const { log } = play;
  const page = await play.join({ viewport: PHONE });
  fill(play);
  await say(page, 'x'.repeat(300));
  play.push(
    log.start('t3', 't3.3', 'Ann'.repeat(20)),
    log.say('t3.3', `${'y'.repeat(300)}\n\n    ${'z'.repeat(300)}`),
  );
  await see(page, '.markdown', 'y'.repeat(300));
  const wide = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.querySelector('main')!.scrollWidth,
    ...[...document.querySelectorAll('button, a, input, textarea, summary')].map(
      (node) => node.getBoundingClientRect().right,
    ),
  ]);
  expect(Math.max(...wide)).toBeLessThanOrEqual(360);
});
