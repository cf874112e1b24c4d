/** Approvals on the whole product: they outlive everything, bind to what was shown, and are answered from anywhere. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  AgentSpec,
  ApprovalsReply,
  OpenApproval,
  Problem,
  VoteReply,
  VoteRequest,
} from '../../src/contracts/index.ts';
import { launchBrowser } from '../page/browser.ts';
import { see } from '../page/setup.ts';
import { eventually } from '../support/process.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { continueAsNew, flushRedis, terminate } from './forcing.ts';
import { allEvents, expectWhole, freshId, Recorder, rest, type Answer } from './scene.ts';

const WORKER = fileURLToPath(new URL('approvals-worker.ts', import.meta.url));
const FILE = join(tmpdir(), `convoke-refunds-${process.pid}`);

let stack: Stack;
const closers: (() => void)[] = [];

beforeAll(async () => {
  await writeFile(FILE, '');
  stack = await startStack({ workers: 2, gateways: 2, workerFile: WORKER, env: { TEST_CALLS: FILE } });
}, 120_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await stack.stop();
  await rm(FILE, { force: true });
});

const url = (): string => stack.urls[0]!;

/** What was really paid in a session. */
async function paid(session: string): Promise<readonly string[]> {
  const lines = (await readFile(FILE, 'utf8')).split('\n');
  return lines.filter((line) => line.startsWith(session)).map((line) => line.split(' ')[1] ?? '');
}

const vote = (
  id: string,
  approval: string,
  body: VoteRequest,
): Promise<Answer<VoteReply & Omit<Problem, 'status'>>> =>
  rest(url(), 'POST', `/v1/sessions/${id}/approvals/${approval}`, { body });

async function follow(id: string): Promise<Recorder> {
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return seen;
}

/** A session whose agent calls the tool with each of these arguments, side by side. */
async function asking(...inputs: readonly AgentInput[]): Promise<{ id: string; seen: Recorder }> {
  const id = freshId();
  const calls = [inputs.map((input) => ({ tool: 'refund', input: { ...input } }))];
  const agents: AgentSpec[] = [{ name: 'a', runner: 'scripted', script: { calls, say: 'So: {{results}}' } }];
  expect((await rest(url(), 'POST', '/v1/sessions', { body: { id, agents } })).status).toBe(201);
  const seen = await follow(id);
  await seen.session.send('Go.');
  return { id, seen };
}

interface AgentInput {
  readonly amount: number;
  readonly hurry?: boolean;
}

async function opened(seen: Recorder, count = 1): Promise<readonly OpenApproval[]> {
  await seen.until(`${count} approvals are open`, ({ approvals }) => approvals.length === count);
  return seen.session.approvals;
}

const answer = (seen: Recorder): string | undefined => seen.steps.at(-1)?.text;

describe('a tool call that people have to approve', () => {
  test('waits over killed workers, a lost log and the next run; two who answer at once decide it once', async () => {
    const { id, seen } = await asking({ amount: 20 });
    const [first] = await opened(seen);
    expect(first).toMatchObject({
      ...{
        approval: 't1.1.c1',
        turn: 't1',
        title: 'Refund 20 €',
        tool: 'refund',
        data: { amount: 20 },
        agent: 'a',
      },
      ...{ approvers: { roles: ['lead'], count: 2 }, mayEdit: true, approvedBy: [] },
    });
    await Promise.all(stack.workers.map((worker) => worker.end('SIGKILL')));
    await Promise.all(stack.workers.map((worker) => worker.start()));
    await seen.session.members({ join: { kind: 'person', name: 'Ana', roles: ['lead'] } });
    expect(await seen.session.approve(first!, { by: 'ana' })).toMatchObject({
      status: 'open',
      approvedBy: ['Ana'],
    });
    await continueAsNew(stack, id, 'a');
    await flushRedis(stack);
    const again = await follow(id);
    const [open] = await opened(again);
    expect(open).toEqual({ ...first, approvedBy: ['Ana'] });
    const { body } = await rest<ApprovalsReply>(url(), 'GET', `/v1/sessions/${id}/approvals`);
    expect(body.approvals).toEqual([open]);
    const roles = ['lead'];
    const [one, other] = await Promise.all([
      again.session.approve(open!, { by: 'bo', roles }),
      seen.session.deny(open!, { by: 'cy', roles, reason: 'No.' }),
    ]);
    expect([one, other].filter(({ counted }) => counted)).toHaveLength(1);
    expect(one.decision).toEqual(other.decision);
    await again.turnsEnded(1);
    const isApproved = one.decision?.status === 'approved';
    expect(await paid(id)).toEqual(isApproved ? ['20'] : []);
    expect(answer(again)).toBe(isApproved ? 'So: paid 20' : 'So: tool_denied: Denied by cy: No.');
    const late = await vote(id, 't1.1.c1', { vote: 'approve', hash: open!.hash, by: 'dan', roles });
    expect(late).toMatchObject({
      status: 200,
      body: { status: 'decided', counted: false, decision: one.decision },
    });
    const events = await allEvents(url(), id);
    expectWhole(events);
    expect(events.filter(({ type }) => type === 'approval.decided')).toHaveLength(1);
  }, 180_000);

  test('is denied with a reason that the model is told; another one runs side by side at once', async () => {
    const { id, seen } = await asking({ amount: 50 }, { amount: 5 }, { amount: 60 });
    const open = await opened(seen, 2);
    expect(await paid(id)).toEqual(['5']);
    const roles = ['lead'];
    await seen.session.deny(open[0]!, { by: 'ana', roles, reason: 'Too much.' });
    for (const by of ['ana', 'bo']) await seen.session.approve(open[1]!, { by, roles });
    await seen.turnsEnded(1);
    expect(answer(seen)).toBe('So: tool_denied: Denied by ana: Too much.\npaid 5\npaid 60');
    expect(seen.steps.find(({ step }) => step === 't1.1.c1')).toMatchObject({
      ...{ status: 'failed', failure: { code: 'tool_denied', message: 'Denied by ana: Too much.' } },
    });
    expect(await paid(id)).toEqual(['5', '60']);
    expectWhole(await allEvents(url(), id));
  });

  test('is made as it was edited, once enough have approved that', async () => {
    const { id, seen } = await asking({ amount: 70 });
    const [open] = await opened(seen);
    const roles = ['lead'];
    await seen.session.approve(open!, { by: 'ana', roles });
    const edited = await seen.session.approve(open!, { by: 'bo', roles, data: { amount: 7 } });
    expect(edited).toMatchObject({ status: 'open', approvedBy: ['bo'] });
    expect(
      (await vote(id, 't1.1.c1', { vote: 'approve', hash: open!.hash, by: 'cy', roles })).body,
    ).toMatchObject({
      code: 'approval_changed',
    });
    await seen.until('the edit is seen', ({ approvals }) => approvals[0]?.hash === edited.hash);
    expect(seen.session.approvals).toMatchObject([{ data: { amount: 7 }, approvedBy: ['bo'] }]);
    await seen.session.approve(seen.session.approvals[0]!, { by: 'ana', roles });
    await seen.turnsEnded(1);
    expect(await paid(id)).toEqual(['7']);
    expect(seen.steps.find(({ step }) => step === 't1.1.c1')).toMatchObject({
      use: { input: { amount: 7 } },
    });
    const wrong = await asking({ amount: 80 });
    const [other] = await opened(wrong.seen);
    await wrong.seen.session.approve(other!, { by: 'ana', roles, data: { amount: 'much' } });
    await wrong.seen.until('it is edited', ({ approvals }) => approvals[0]?.approvedBy[0] === 'ana');
    await wrong.seen.session.approve(wrong.seen.session.approvals[0]!, { by: 'bo', roles });
    await wrong.seen.turnsEnded(1);
    expect(answer(wrong.seen)).toMatch(/tool_input_invalid/);
    expect(await paid(wrong.id)).toEqual([]);
  });

  test('is decided on the page', async () => {
    const { id, seen } = await asking({ amount: 75 });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${url()}/#session=${id}`);
      await see(page, '.approval', 'Refund 75 €');
      await page.getByLabel('What is approved, as JSON').fill('{ "amount": 8 }');
      for (const name of ['Ana', 'Bo']) {
        await page.getByLabel('Your name (as lead)').fill(name);
        await page.getByRole('button', { name: 'Approve' }).click();
        if (name === 'Ana') await see(page, '.approval', 'Approved by Ana (1 of 2).');
      }
      await see(page, '.receipt', /^Answered$/);
      await see(page, '.tool', 'refund');
    } finally {
      await browser.close();
    }
    await seen.turnsEnded(1);
    expect(await paid(id)).toEqual(['8']);
  });

  test('is not made if nobody decides in time', async () => {
    const { id, seen } = await asking({ amount: 90, hurry: true });
    await seen.turnsEnded(1);
    expect(answer(seen)).toBe('So: approval_expired: Nobody approved the call in time.');
    expect(await paid(id)).toEqual([]);
    expect(seen.events.find(({ type }) => type === 'approval.decided')).toMatchObject({
      data: { status: 'expired', by: [], reason: { code: 'approval_expired' } },
    });
  });
});

describe('a team that asks for approvals', () => {
  test('goes on when all are decided; what is open ends with a cancel, and with the session', async () => {
    const id = freshId();
    const body = { id, team: 'gate', agents: [{ name: 'a', runner: 'scripted' }] };
    // Workers tell their teams every few seconds: Redis may have lost them.
    await eventually('the team is known', async () => {
      return (await rest(url(), 'POST', '/v1/sessions', { body })).status === 201;
    });
    const seen = await follow(id);
    await seen.session.send('Go.');
    const [left, right] = await opened(seen, 2);
    await seen.session.approve(right!, { by: 'bo', data: { deep: { value: 2 } } });
    expect(await seen.session.deny(left!, { by: 'Ana' })).toMatchObject({ decision: { status: 'denied' } });
    // The answer to a vote may be here before its event: until then the left one still stands open.
    const isNew = ({ approval }: OpenApproval): boolean => approval !== left!.approval;
    await seen.until('it asks on', ({ approvals }) => approvals.length === 1 && approvals.every(isNew));
    const [third] = seen.session.approvals;
    expect(JSON.parse(seen.steps[0]?.text ?? '')).toEqual([
      { status: 'denied', by: ['Ana'] },
      { status: 'approved', by: ['bo'], data: { deep: { value: 2 } } },
    ]);
    await seen.session.cancel('t1');
    await seen.until('nothing is open', ({ approvals }) => approvals.length === 0);
    expect(await seen.session.approve(third!, { by: 'ana' })).toMatchObject({
      decision: { status: 'cancelled' },
    });
    await seen.session.send('Again.');
    await opened(seen, 2);
    await seen.session.close();
    await seen.until('the session is closed', ({ status }) => status === 'closed', 30_000);
    expect(seen.session.approvals).toEqual([]);
    const events = await allEvents(url(), id);
    expectWhole(events);
    const count = (type: string): number => events.filter((event) => event.type === type).length;
    expect(count('approval.decided')).toBe(count('approval.requested'));
  }, 60_000);
});

test('of a session whose workflow was ended nothing waits any more; the next message reopens it', async () => {
  const { id, seen } = await asking({ amount: 40 });
  const [open] = await opened(seen);
  await terminate(stack, id);
  const roles = ['lead'];
  const late = await vote(id, 't1.1.c1', { vote: 'approve', hash: open!.hash, by: 'ana', roles });
  expect(late).toMatchObject({ status: 404, body: { code: 'approval_not_found' } });
  await seen.session.send('Again.');
  await seen.until('it asks anew', ({ approvals }) => approvals[0]?.turn === 't2', 30_000);
  expect(seen.session.approvals).toHaveLength(1);
  const [next] = seen.session.approvals;
  for (const by of ['ana', 'bo']) await seen.session.approve(next!, { by, roles });
  await seen.turnsEnded(2);
  expect(await paid(id)).toEqual(['40']);
}, 60_000);

test('what cannot be is refused with a code and the remedy; nothing changes', async () => {
  const { id, seen } = await asking({ amount: 30 });
  const other = await asking({ amount: 1 });
  const [open] = await opened(seen);
  const approve = { vote: 'approve', hash: open!.hash, by: 'ana', roles: ['lead'] } as const;
  const refused: [string, string, Partial<VoteRequest>, number, string][] = [
    [id, 't9.1', {}, 404, 'approval_not_found'],
    [other.id, 't1.1.c1', {}, 404, 'approval_not_found'],
    [freshId(), 't1.1.c1', {}, 404, 'session_not_found'],
    [id, 't1.1.c1', { hash: 'f'.repeat(64) }, 409, 'approval_changed'],
    [id, 't1.1.c1', { roles: ['staff'] }, 403, 'approver_not_allowed'],
    [id, 't1.1.c1', { by: 'A' }, 403, 'approver_not_allowed'],
    [id, 'nonsense', {}, 422, 'invalid_request'],
    [id, 't1.1.c1', { hash: 'short' }, 422, 'invalid_request'],
    [id, 't1.1.c1', { vote: 'deny', data: {} }, 422, 'invalid_request'],
    [id, 't1.1.c1', { data: { text: 'x'.repeat(9_000) } }, 422, 'invalid_request'],
  ];
  for (const [session, approval, wrong, status, code] of refused) {
    const reply = await vote(session, approval, { ...approve, ...wrong });
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.body.detail).toMatch(/./);
  }
  expect(await opened(seen)).toEqual([open]);
  await seen.session.close();
  await eventually('the session takes no vote any more', async () => {
    return (await vote(id, 't1.1.c1', approve)).body.code === 'session_closed';
  });
  expect(await paid(id)).toEqual([]);
});
