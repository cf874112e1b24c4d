/** Approvals: what the session makes of votes, of time, and of its own end. */
import { describe, expect, test } from '@jest/globals';
import { approvalHash, LIMITS } from '../../../src/contracts/index.ts';
import { Approving, approvalAt, UNTIL } from './approving.ts';
import { message } from './support.ts';

const refund = { amount: 20 };
const two = { approvers: { roles: ['lead'], count: 2 } };

describe('a vote', () => {
  test('decides; the turn goes on with it, and the second one is told what was decided', () => {
    const scene = new Approving(approvalAt('1', refund));
    expect(scene.open).toMatchObject([{ approval: 't1.1', title: 'Refund', data: refund, approvedBy: [] }]);
    const reply = scene.vote('ana', { reason: 'Fine.' });
    expect(reply).toMatchObject({
      status: 'decided',
      counted: true,
      decision: { status: 'approved', by: ['ana'] },
    });
    expect(scene.session.turns.current?.phase).toBe('ready');
    expect(scene.entries).toMatchObject([
      { path: '1', outcome: 'approved', decided: { by: ['ana'], reason: 'Fine.' } },
    ]);
    expect(scene.open).toEqual([]);
    expect(scene.vote('bo', { vote: 'deny' })).toEqual({ ...reply, counted: false });
    scene.continueAsNew();
    expect(scene.vote('bo', { vote: 'deny' })).toEqual({ ...reply, counted: false });
    expect(scene.told).toEqual(['requested t1.1', 'approved t1.1 ana (Fine.)']);
  });

  test('takes as many different people as the rule says; one who denies is enough', () => {
    const scene = new Approving(approvalAt('1', refund, two), approvalAt('2', refund, two));
    const lead = { roles: ['lead'] };
    expect(scene.vote('ana', lead)).toMatchObject({
      status: 'open',
      counted: true,
      approvedBy: ['ana'],
      count: 2,
    });
    expect(scene.vote('Ana ', lead)).toMatchObject({ status: 'open', counted: false, approvedBy: ['ana'] });
    scene.continueAsNew();
    expect(scene.vote('bo', { roles: ['staff'] })).toMatchObject({ code: 'approver_not_allowed' });
    expect(scene.vote('bo', lead)).toMatchObject({ status: 'decided', decision: { by: ['ana', 'bo'] } });
    scene.vote('cy', { approval: 't1.2', ...lead });
    const denied = scene.vote('ana', { approval: 't1.2', vote: 'deny', reason: 'Too much.', ...lead });
    expect(denied).toMatchObject({
      decision: { status: 'denied', by: ['ana'], reason: { message: 'Too much.' } },
    });
    expect(scene.told).toEqual([
      ...['requested t1.1', 'requested t1.2', 'voted t1.1 ana', 'approved t1.1 ana+bo'],
      ...['voted t1.2 cy', 'denied t1.2 ana (Too much.)'],
    ]);
  });

  test('counts for what it names and for nothing else: an edit makes earlier votes void', () => {
    const scene = new Approving(approvalAt('1', refund, { approvers: { count: 2 }, mayEdit: true }));
    const before = scene.open[0]!.hash;
    scene.vote('ana');
    const less = { amount: 5 };
    const hash = approvalHash('t1.1', { title: 'Refund', data: less });
    expect(scene.vote('bo', { data: less })).toMatchObject({ status: 'open', hash, approvedBy: ['bo'] });
    expect(scene.vote('cy', { hash: before })).toMatchObject({ status: 'refused', code: 'approval_changed' });
    scene.continueAsNew();
    expect(scene.open).toMatchObject([{ data: less, hash, approvedBy: ['bo'] }]);
    expect(scene.vote('bo', { data: less })).toMatchObject({ counted: false });
    expect(scene.vote('ana')).toMatchObject({ decision: { by: ['bo', 'ana'], hash } });
    expect(scene.entries).toMatchObject([{ decided: { data: less } }]);
  });

  test('may not edit unless the rule says so, nor edit more than a turn can hold', () => {
    const fixed = new Approving(approvalAt('1', refund));
    expect(fixed.vote('ana', { data: { amount: 1 } })).toMatchObject({ code: 'invalid_request' });
    expect(fixed.vote('ana', { data: { ...refund } })).toMatchObject({ status: 'decided' });
    const many = Array.from({ length: 20 }, (_, at) => approvalAt(`${at + 1}`, refund, { mayEdit: true }));
    const scene = new Approving(...many);
    const data = { note: 'x'.repeat(8_000) };
    const replies = many.map((_, at) => scene.vote('ana', { approval: `t1.${at + 1}`, data }));
    const edited = replies.filter(({ status }) => status === 'decided').length;
    expect(edited).toBe(Math.floor(LIMITS.turnEditsBytes / JSON.stringify(data).length));
    expect(replies.at(-1)).toMatchObject({ status: 'refused', code: 'too_large' });
    expect(scene.vote('ana', { approval: 't1.20' })).toMatchObject({ status: 'decided' });
  });

  test('of a member has the roles of the session, whatever it says; agents do not vote', () => {
    const scene = new Approving(approvalAt('1', refund, two));
    scene.session.members({ type: 'join', person: 'Ana', roles: ['lead'] }, 5);
    scene.session.members({ type: 'join', person: 'Bo' }, 6);
    expect(scene.vote('bo', { roles: ['lead'] })).toMatchObject({ code: 'approver_not_allowed' });
    expect(scene.vote('A', { roles: ['lead'] })).toMatchObject({ code: 'approver_not_allowed' });
    expect(scene.vote('ana')).toMatchObject({ status: 'open', approvedBy: ['Ana'] });
  });

  test('on what is not asked for is refused', () => {
    const scene = new Approving(approvalAt('1', refund));
    for (const approval of ['t1.2', 't2.1', 'x'])
      expect(scene.vote('ana', { approval })).toMatchObject({
        status: 'refused',
        code: 'approval_not_found',
      });
    expect(scene.open).toHaveLength(1);
  });

  test('is refused while too much waits for a log that is away', () => {
    const scene = new Approving(approvalAt('1', refund));
    const large = 'x'.repeat(LIMITS.outboxBytes);
    scene.session.facts.decide('session.closed', 'large', 5, { reason: large });
    expect(scene.vote('ana')).toMatchObject({ status: 'refused', code: 'log_unavailable' });
    expect(scene.open).toHaveLength(1);
  });
});

describe('several approvals', () => {
  test('are open side by side; what is decided while the turn goes on is kept for it', () => {
    const scene = new Approving(approvalAt('1', refund), approvalAt('2', refund));
    scene.vote('ana', { approval: 't1.2' });
    const input = scene.session.runTurn(5);
    expect(input.journal.entries).toMatchObject([{ path: '2', outcome: 'approved' }]);
    expect(scene.vote('bo', { vote: 'deny' })).toMatchObject({ status: 'decided' });
    scene.continueAsNew();
    const again = scene.session.runTurn(6);
    scene.back(again, { waits: [approvalAt('1', refund)] });
    expect(scene.session.turns.current?.phase).toBe('ready');
    expect(scene.entries).toMatchObject([{ path: '2' }, { path: '1', outcome: 'denied' }]);
  });

  test('are asked for once; one that the turn asks for no more is cancelled, one that has changed is asked anew', () => {
    const scene = new Approving(approvalAt('1', refund), approvalAt('2', refund), approvalAt('3', refund));
    scene.vote('ana', { approval: 't1.3' });
    const sleep = { path: '4', kind: 'sleep', key: '1', until: 5 } as const;
    scene.run({ waits: [approvalAt('1', refund), approvalAt('2', { amount: 1 }), sleep] });
    expect(scene.open).toMatchObject([{ approval: 't1.1' }, { approval: 't1.2', data: { amount: 1 } }]);
    scene.session.waits.wake(5, false);
    scene.run({ waits: [approvalAt('1', refund)] });
    expect(scene.open).toMatchObject([{ approval: 't1.1' }]);
  });
});

describe('time', () => {
  test('ends an approval with its default', () => {
    const scene = new Approving(
      approvalAt('1', refund),
      approvalAt('2', refund, { onExpiry: 'approve' }, UNTIL + 1),
    );
    expect(scene.session.turns.current?.wakeAt).toBe(UNTIL);
    scene.session.waits.wake(UNTIL, false);
    scene.run({ waits: [approvalAt('2', refund, { onExpiry: 'approve' }, UNTIL + 1)] });
    scene.session.waits.wake(UNTIL + 1, false);
    expect(scene.entries).toMatchObject([
      { outcome: 'expired', decided: { by: [] } },
      { outcome: 'approved', decided: { by: [] } },
    ]);
  });

  test('ends it before a vote that comes too late', () => {
    const scene = new Approving(approvalAt('1', refund));
    scene.now = UNTIL;
    expect(scene.vote('ana')).toMatchObject({
      status: 'decided',
      counted: false,
      decision: { status: 'expired' },
    });
    expect(scene.entries).toMatchObject([{ outcome: 'expired' }]);
  });

  test('does not approve what somebody has edited and too few have approved: the default is for what was asked for', () => {
    const rule = { approvers: { count: 2 }, mayEdit: true, onExpiry: 'approve' } as const;
    const scene = new Approving(approvalAt('1', refund, rule));
    scene.vote('ana', { data: { amount: 9_999 } });
    scene.session.waits.wake(UNTIL, false);
    expect(scene.entries).toMatchObject([{ outcome: 'approved', decided: { by: [] } }]);
    expect(scene.entries[0]?.decided).not.toHaveProperty('data');
    expect(scene.vote('bo')).toMatchObject({
      decision: { hash: approvalHash('t1.1', { title: 'Refund', data: refund }) },
    });
  });
});

describe('nothing stays open', () => {
  test('when the turn is cancelled', () => {
    const scene = new Approving(approvalAt('1', refund));
    scene.session.cancel('t1', 5);
    expect(scene.told).toEqual(['requested t1.1', 'cancelled t1.1 (cancel_requested)']);
    expect(scene.vote('ana')).toMatchObject({ counted: false, decision: { status: 'cancelled' } });
    expect(scene.open).toEqual([]);
  });

  test('when a message stops the turn', () => {
    const scene = new Approving(approvalAt('1', refund));
    scene.session.accept(message('m2', 'Stop.', { policy: 'interrupt' }), 5);
    expect(scene.told).toEqual(['requested t1.1', 'cancelled t1.1 (interrupted)']);
  });

  test('when the session closes: nothing is approved because it does', () => {
    const scene = new Approving(approvalAt('1', refund, { onExpiry: 'approve' }));
    scene.session.close('requested', 5);
    expect(scene.told).toEqual(['requested t1.1', 'expired t1.1 (close_requested)']);
    expect(scene.entries).toMatchObject([{ outcome: 'expired' }]);
  });

  test('when the turn ends without waiting for it any more, or fails with its worker', () => {
    const ended = new Approving(approvalAt('1', refund), approvalAt('2', refund));
    ended.vote('ana', { approval: 't1.2' });
    const end = { id: 'turn:t1:end', type: 'turn.completed', at: 9, turn: 't1', data: {} } as const;
    const input = ended.session.runTurn(5);
    const { events } = ended.log.append([...input.lead, end]);
    const position = ended.log.position;
    ended.back(input, {
      status: 'done',
      report: { position, placed: [], events: [...events, { ...end, seq: position.seq }] },
    });
    expect(ended.told).toContain('cancelled t1.1 (turn_ended)');
    expect(ended.open).toEqual([]);

    const lost = new Approving(approvalAt('1', refund), approvalAt('2', refund));
    lost.vote('ana', { approval: 't1.2' });
    lost.session.lost(lost.session.runTurn(5), { progress: null, code: 'worker_lost' }, 6);
    expect(lost.told).toContain('cancelled t1.1 (turn_ended)');
  });
});

test('of what was decided the newest are remembered', () => {
  const scene = new Approving();
  const paths = Array.from({ length: LIMITS.approvalsKept + 1 }, (_, at) => `${at + 1}`);
  for (const path of paths) {
    scene.run({ waits: [approvalAt(path, refund)] });
    scene.vote('ana', { approval: `t1.${path}` });
  }
  scene.continueAsNew();
  expect(scene.vote('bo', { approval: 't1.1' })).toMatchObject({ code: 'approval_not_found' });
  expect(scene.vote('bo', { approval: `t1.${paths.at(-1)}` })).toMatchObject({ status: 'decided' });
});
