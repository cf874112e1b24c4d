/** A message that comes during an answer: what it shall do is chosen, and what it did is seen. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { Play, say, see, startStage } from './setup.ts';
import type { Stage } from './setup.ts';

let stage: Stage;
let play: Play;
let page: Page;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  play = new Play(stage, ['Ann']);
  await play.addGateway();
  page = await play.join();
});
afterEach(async () => {
  await play.end();
  expect(play.errors).toEqual([]);
});

function text(said: string): readonly [{ readonly type: 'text'; readonly text: string }] {
  return [{ type: 'text', text: said }];
}

test('the choice is there while an answer is given, and goes along with the message', async () => {
  const { log } = play;
  const choice = page.getByLabel('Your message will');
  expect(await choice.isVisible()).toBe(false);
  await say(page, 'First.');
  play.push(...log.message('m1', 't1', 'First.'), log.start('t1', 't1.1', 'Ann'));
  await choice.selectOption({ label: 'join this answer' });
  await say(page, 'Shorter.');
  await choice.selectOption({ label: 'follow the session’s policy' });
  await say(page, 'And then?');
  const sent = await play.gateways[0]!.sends.reached(3);
  expect(sent.map(({ policy }) => policy)).toEqual([undefined, 'steer', undefined]);
  play.push(log.complete('t1', 't1.1'), log.append('turn.completed', {}, { turn: 't1' }));
  await choice.waitFor({ state: 'hidden' });
});

test('a message that joins stands where it joined', async () => {
  const { log } = play;
  play.push(...log.message('m1', 't1', 'Tell me.'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'Long.'));
  const joining = { messageId: 'm2', parts: text('Shorter.'), queued: true, policy: 'steer' } as const;
  play.push(log.append('message.accepted', { ...joining, steers: 't1' }, { turn: 't2' }));
  await see(page, '.receipt', 'Joins the answer soon');
  play.push(log.complete('t1', 't1.1'));
  const reason = { code: 'joined', message: 'It joined.' };
  play.push(log.append('turn.merged', { into: 't1', messageIds: ['m2'], reason }, { turn: 't2' }));
  play.push(log.start('t1', 't1.2', 'Ann'), log.say('t1.2', 'Short.'));
  await see(page, '.markdown', 'Short.');
  expect(await page.locator('.row').count()).toBe(1);
  expect(await page.locator('.row .name').allTextContents()).toEqual(['You', 'Ann', 'You', 'Ann']);
});

test('a withdrawn turn is struck out, with what its tools did', async () => {
  const { log } = play;
  const use = { id: 'c1', tool: 'refund', input: {}, effect: 'once' as const };
  const call = { turn: 't1', step: 't1.1.c1', agent: 'Ann', attempt: 1 };
  play.push(...log.message('m1', 't1', 'Pay it.'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'I pay.'));
  play.push(log.complete('t1', 't1.1'), log.append('step.started', { use }, call));
  play.push(log.append('step.completed', { text: 'paid' }, call));
  const reason = { code: 'rolled_back', message: 'A message withdrew the turn.' };
  play.push(log.append('turn.cancelled', { reason, by: 'm2', rolledBack: true }, { turn: 't1' }));
  await see(
    page,
    '.outcome',
    'Withdrawn by a later message: the agents do not see it any more. Not undone: what refund did.',
  );
  await see(page, '.receipt', /^Withdrawn$/);
  for (const struck of ['.message .text', '.markdown']) {
    const line = await page.locator(struck).evaluate((node) => getComputedStyle(node).textDecorationLine);
    expect(line).toBe('line-through');
  }
});

test('a message for later says when it comes, and can be taken back', async () => {
  const { log } = play;
  const asked: unknown[] = [];
  play.gateways[0]!.script = (name, request) => {
    if (name !== 'unschedule') return undefined;
    asked.push(request['messageId']);
    return {
      ok: true,
      value: { session: 's1', messageId: 'm1', status: 'rejected', code: 'message_cancelled' },
    };
  };
  const later = { messageId: 'm1', parts: text('Good morning.'), deliverAt: Date.now() + 3_600_000 };
  play.push(log.append('message.scheduled', later));
  await see(page, '.receipt', /^Comes at /);
  await page.getByRole('button', { name: 'Do not send' }).click();
  play.push(log.append('message.rejected', { messageId: 'm1', code: 'message_cancelled' }));
  await see(page, '.receipt', /^Refused: /);
  expect(asked).toEqual(['m1']);
});
