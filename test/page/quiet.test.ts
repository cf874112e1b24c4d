/** Where nobody speaks: a team that sleeps, a turn without an answer, text that is gone, a session that is closed or not yet there. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { refuse } from '../client/scripted-gateway.ts';
import { Play, see, startStage, textsOf } from './setup.ts';
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

test('a turn in which nobody speaks can be woken; what is no sleep is told', async () => {
  const { log } = play;
  const page = await play.join();
  const woken: unknown[] = [];
  const replies = ['woken', 'none'];
  play.gateways[0]!.script = (name, { turn }) => {
    if (name !== 'wake') return undefined;
    woken.push(turn);
    return { ok: true, value: { status: replies[woken.length - 1], turn } };
  };
  play.push(...log.message('m1', 't1'));
  const wake = page.getByRole('button', { name: 'Wake' });
  await wake.click();
  play.push(log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'I am up.'));
  await see(page, '.markdown', 'I am up.');
  expect(await wake.count()).toBe(0);
  play.push(log.complete('t1', 't1.1'));
  await wake.click();
  await see(page, '#problem', 'The team was not asleep');
  expect(woken).toEqual(['t1', 't1']);
  play.push(log.append('turn.completed', {}, { turn: 't1' }));
  await wake.waitFor({ state: 'hidden' });
});

test('a turn that waits for a place says so at once, and is not said to be asleep', async () => {
  const { log } = play;
  const page = await play.join();
  const waiting = { limit: 'runningTurns', most: 2, used: 2, place: 3 } as const;
  play.push(...log.message('m1', 't1'), log.append('quota.waiting', waiting, { turn: 't1' }));
  await see(page, '.quiet-turn', 'Waits for a place: number 3 in the line, 2 of 2 turns run.');
  expect(await page.getByRole('button', { name: 'Wake' }).count()).toBe(0);
  play.push(log.append('quota.cleared', { limit: 'runningTurns', waitedMs: 5 }, { turn: 't1' }));
  await page.locator('.quiet-turn').waitFor({ state: 'hidden' });
});

test('a turn that waits for a person is not said to be asleep', async () => {
  const { log } = play;
  const page = await play.join();
  const asked = { question: 't1.1', name: 'Maria', text: 'Shall we?', until: Date.now() + 600_000 };
  play.push(...log.message('m1', 't1'), log.append('person.asked', asked, { turn: 't1' }));
  await see(page, '.question', 'Shall we?');
  play.push(...log.message('m2', 't2'));
  await page.getByRole('button', { name: 'Wake' }).waitFor();
  expect(await page.locator('.quiet-turn:visible').count()).toBe(1);
});

test('a turn without speech is not called answered, one with speech is', async () => {
  const { log } = play;
  const page = await play.join();
  const use = { id: 'c1', tool: 'clock', input: {} };
  play.push(...log.message('m1', 't1'), log.start('t1', 't1.1.c1', 'Ann', use), log.say('t1.1.c1', 'noon'));
  play.push(log.complete('t1', 't1.1.c1'), log.append('turn.completed', {}, { turn: 't1' }));
  play.push(...log.message('m2', 't2'), log.start('t2', 't2.1', 'Ann'), log.say('t2.1', 'Noon.'));
  play.push(log.complete('t2', 't2.1'), log.append('turn.completed', {}, { turn: 't2' }));
  await see(page, '.receipt', /^Answered$/);
  expect(await textsOf(page, '.receipt')).toEqual(['Nobody spoke', 'Answered']);
});

test('after a reload, it says that what earlier attempts had said is withdrawn and not kept', async () => {
  const { log } = play;
  const page = await play.join();
  play.push(...log.message('m1', 't1'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'wrong'));
  await see(page, '.markdown', 'wrong');
  play.push(log.restart('t1', 't1.1'), log.say('t1.1', 'better'));
  await see(page, '.withdrawn del', 'wrong');
  await page.reload();
  await see(page, '.withdrawn', /^Attempt 1 was withdrawn; the text is not kept\.$/);
  play.push(log.restart('t1', 't1.1'));
  await see(page, '.withdrawn', /^Attempt 2 ended/);
  await page.reload();
  await see(page, '.withdrawn', /^Attempts 1 to 2 were withdrawn/);
});

test('a closed session is reopened by its button, and takes messages again', async () => {
  const page = await play.join();
  const asked: string[] = [];
  play.gateways[0]!.script = (name) => {
    if (name !== 'reopen') return undefined;
    asked.push(name);
    return asked.length === 1 ? refuse('session_not_stored') : { ok: true, value: { status: 'reopened' } };
  };
  expect(await page.getByRole('button', { name: 'Reopen' }).count()).toBe(0);
  play.push(play.log.append('session.closed', { reason: 'asked' }));
  const reopen = page.getByRole('button', { name: 'Reopen' });
  await reopen.click();
  await page.locator('#problem').waitFor();
  await reopen.focus();
  await page.keyboard.press('Enter');
  await page.locator('#problem').waitFor({ state: 'hidden' });
  play.push(play.log.append('session.reopened', {}));
  await page.getByPlaceholder('Write a message').waitFor();
  expect(await reopen.count()).toBe(0);
  expect(await page.locator('#send').isEnabled()).toBe(true);
});

test('the form that starts a session is read from its beginning, also on a phone', async () => {
  play.gateways[0]!.script = (name) => (name === 'subscribe' ? refuse('session_not_found') : undefined);
  const page = await play.visit({ viewport: { width: 360, height: 640 } });
  await see(page, '#start', 'Start this session');
  const top = (): Promise<number> =>
    page.locator('main').evaluate(async (main) => {
      // What follows the end scrolls once the frame has been laid out.
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      return main.scrollTop;
    });
  expect(await top()).toBe(0);
  await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
  expect(await top()).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Sessions' }).click();
  await page.getByRole('link', { name: 'New session' }).click();
  await see(page, '#start', 'Start this session');
  expect(await top()).toBe(0);
});
