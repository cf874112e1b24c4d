/** What people are asked, and what they have to approve, is answered on the page. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { OpenApproval } from '../../src/contracts/index.ts';
import { refuse } from '../client/scripted-gateway.ts';
import { eventually } from '../support/process.ts';
import { Play, see, startStage } from './setup.ts';
import type { Stage } from './setup.ts';

let stage: Stage;
let play: Play;
let page: Page;
/** Votes, as they are sent. */
let votes: Record<string, unknown>[];

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  play = new Play(stage, ['Ann']);
  votes = [];
  const gateway = await play.addGateway();
  gateway.script = (name, request) => {
    if (name !== 'approve') return undefined;
    votes.push(request);
    if (request['by'] === 'Eve') return refuse('approver_not_allowed');
    return { ok: true, value: { status: 'open', counted: true, hash: 'h', approvedBy: [], count: 2 } };
  };
  page = await play.join();
  play.push(...play.log.message('m1', 't1', 'Pay it back.'));
});
afterEach(async () => {
  await play.end();
  expect(play.errors).toEqual([]);
});

const REFUND: Omit<OpenApproval, 'turn' | 'approvedBy'> = {
  ...{ approval: 't1.1.c1', title: 'Refund 70 €', tool: 'refund', agent: 'Ann', data: { amount: 70 } },
  ...{ hash: 'h1', approvers: { roles: ['lead'], count: 2 }, mayEdit: true, onExpiry: 'deny' },
  until: Date.now() + 600_000,
};

function request(changes: Partial<typeof REFUND> = {}): void {
  play.push(play.log.append('approval.requested', { ...REFUND, ...changes }, { turn: 't1' }));
}

test('an approval says what, for whom and until when, and is given for exactly what is shown', async () => {
  request();
  await see(page, '.approval', 'Ann wants to call refund.');
  expect(await page.getByLabel('What is approved, as JSON').inputValue()).toBe('{\n  "amount": 70\n}');
  await page.getByLabel('Your name (as lead)').fill('Ana');
  await page.getByRole('button', { name: 'Approve' }).click();
  const voted = { approval: 't1.1.c1', by: 'Ana', hash: 'h1', approvedBy: ['Ana'] };
  play.push(play.log.append('approval.voted', voted, { turn: 't1' }));
  await see(page, '.approval', 'Approved by Ana (1 of 2).');
  await eventually('the vote is in', () => votes.length === 1);
  expect(votes).toEqual([
    { vote: 'approve', session: 's1', approval: 't1.1.c1', hash: 'h1', by: 'Ana', roles: ['lead'] },
  ]);
  const decided = { approval: 't1.1.c1', status: 'approved', by: ['Ana', 'Bo'], hash: 'h1' } as const;
  play.push(play.log.append('approval.decided', decided, { turn: 't1' }));
  await page.locator('.approval').waitFor({ state: 'detached' });
});

test('it is edited only where that is allowed, and only into an object', async () => {
  request();
  await page.getByLabel('Your name').fill('Ana');
  const data = page.getByLabel('What is approved, as JSON');
  await data.fill('7');
  await page.getByRole('button', { name: 'Approve' }).click();
  await see(page, '.approval .failure', 'What is approved has to be a JSON object.');
  await data.fill('{ "amount": 7 }');
  await page.getByRole('button', { name: 'Approve' }).click();
  await eventually('the vote is in', () => votes.length === 1);
  expect(votes).toMatchObject([{ vote: 'approve', hash: 'h1', data: { amount: 7 } }]);
  const edited = { approval: 't1.1.c1', by: 'Bo', hash: 'h2', approvedBy: ['Bo'], data: { amount: 5 } };
  play.push(play.log.append('approval.voted', edited, { turn: 't1' }));
  await see(page, '.approval', 'Approved by Bo (1 of 2).');
  expect(await data.inputValue()).toBe('{\n  "amount": 5\n}');
  request({ approval: 't1.2', title: 'Fixed', mayEdit: false });
  await see(page, '.approval', 'Fixed');
  expect(await data.nth(1).getAttribute('readonly')).not.toBeNull();
});

test('a refusal is told in a sentence; a denial takes its reason along', async () => {
  request();
  await page.getByLabel('Your name').fill('Eve');
  await page.getByRole('button', { name: 'Approve' }).click();
  await see(page, '.approval .failure', /\w+ .*\./);
  await page.getByLabel('Your name').fill('Ana');
  await page.getByLabel('Reason for a denial').fill('Too much.');
  await page.getByRole('button', { name: 'Deny' }).click();
  await eventually('the denial is in', () => votes.length === 2);
  await page.waitForFunction(() => document.querySelector('.approval .failure')!.textContent === '');
  expect(votes.at(-1)).toMatchObject({ vote: 'deny', by: 'Ana', reason: 'Too much.' });
});

test('a question is answered in the name of whoever was asked', async () => {
  const asked = { question: 't1.2', name: 'Maria', text: 'Which address?', until: Date.now() + 600_000 };
  play.push(play.log.append('person.asked', asked, { turn: 't1' }));
  await page.getByLabel('Maria is asked').fill('The one in Brest.');
  await page.keyboard.press('Enter');
  const [sent] = await play.gateways[0]!.sends.reached(1);
  expect(sent).toMatchObject({ text: 'The one in Brest.', from: 'Maria', answers: 't1.2' });
  // It stands where it was given: after what was said before.
  const parts = [{ type: 'text', text: sent!.text! }] as const;
  const answer = { messageId: sent!.messageId, parts, from: 'Maria', queued: false, answers: 't1.2' };
  const { log } = play;
  play.push(log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'I ask.'), log.complete('t1', 't1.1'));
  play.push(log.append('message.accepted', answer, { turn: 't1' }));
  play.push(log.start('t1', 't1.3', 'Ann'), log.say('t1.3', 'Thank you.'));
  await see(page, '.markdown', 'Thank you.');
  await page.locator('.question').waitFor({ state: 'detached' });
  const order = await page.locator('.row .name').allTextContents();
  expect(order).toEqual(['You', 'Ann', 'Maria', 'Ann']);
});
