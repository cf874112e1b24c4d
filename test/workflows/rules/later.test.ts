/** Messages for later: accepted now, put into the line at their time, whatever the session is about then. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { FakeLog } from './fake-log.ts';
import { INPUT, message } from './support.ts';

const NOW = 1_000;

function scheduled(...times: readonly number[]): SessionMachine {
  const session = new SessionMachine(INPUT, NOW);
  times.forEach((deliverAt, n) => session.accept(message(`m${n + 1}`, 'hello', { deliverAt }), NOW));
  return session;
}

const statusOf = (session: SessionMachine, messageId: string): unknown => session.receipt(messageId)?.status;

describe('a message for later', () => {
  test('waits for its time, the next one first, and is then a message like any other', () => {
    const session = scheduled(3_000, 2_000);
    expect(session.later.list().map(({ messageId }) => messageId)).toEqual(['m2', 'm1']);
    expect(session.receipt('m1')).toMatchObject({ status: 'scheduled', deliverAt: 3_000 });
    session.deliver(1_999);
    expect(statusOf(session, 'm2')).toBe('scheduled');
    session.deliver(2_000);
    expect([statusOf(session, 'm2'), statusOf(session, 'm1')]).toEqual(['accepted', 'scheduled']);
    session.deliver(9_000);
    expect(statusOf(session, 'm1')).toBe('queued');
    expect(session.later.at).toBeNull();
  });

  test('that was sent twice is delivered once', () => {
    const session = scheduled(2_000);
    session.accept(message('m1', 'hello', { deliverAt: 5_000 }), NOW);
    session.deliver(9_000);
    session.accept(message('m1', 'hello', { deliverAt: 20_000 }), 9_000);
    session.deliver(30_000);
    expect(session.state(0).turns).toBe(1);
  });

  test.each([
    ['messages', 'x', LIMITS.inboxMessages],
    ['characters', 'x'.repeat(LIMITS.messageChars), Math.floor(LIMITS.inboxChars / LIMITS.messageChars)],
  ])('that finds no room among those that wait, by their %s, waits on: it is not lost', (_, text, most) => {
    const session = new SessionMachine(INPUT, NOW);
    session.accept(message('due', text, { deliverAt: 2_000 }), NOW);
    for (let n = 0; n < most; n += 1) session.accept(message(`m${n}`, text), NOW);
    session.report(new FakeLog().append(session.facts.takeDrafts()));
    session.deliver(2_000);
    expect(statusOf(session, 'due')).toBe('scheduled');
    session.runTurn(2_000);
    session.deliver(2_000);
    expect(statusOf(session, 'due')).toBe('queued');
  });

  test('that is cancelled in time has no effect; one that was delivered stays', () => {
    const session = scheduled(2_000, 3_000);
    session.deliver(2_000);
    expect(session.later.cancel('m1', 2_500)).toMatchObject({ status: 'accepted' });
    expect(session.later.cancel('m2', 2_500)).toMatchObject({
      status: 'rejected',
      code: 'message_cancelled',
    });
    expect(session.later.cancel('m3', 2_500)).toBeNull();
    session.deliver(9_000);
    expect(session.state(0).turns).toBe(1);
  });

  test('is told that the session is closed', () => {
    const session = scheduled(2_000);
    session.close('requested', 1_500);
    expect(session.receipt('m1')).toMatchObject({ status: 'rejected', code: 'session_closed' });
    session.deliver(2_000);
    expect(session.state(0).turns).toBe(0);
  });

  test('goes over to the next run of the workflow', () => {
    const session = new SessionMachine({ ...INPUT, carried: scheduled(2_000).carry() }, NOW);
    session.deliver(2_000);
    expect(statusOf(session, 'm1')).toBe('accepted');
  });
});
