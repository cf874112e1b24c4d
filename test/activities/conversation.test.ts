/** The conversation that an agent sees. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import type { EventDraft, LoggedEvent } from '../../src/contracts/index.ts';
import { Conversations, follow, saidUpTo } from '../../activities/conversation.ts';
import type { Conversation } from '../../activities/conversation.ts';
import { INFO } from './support.ts';

let seq = 0;

function logged(draft: EventDraft): LoggedEvent {
  seq += 1;
  return { ...draft, seq };
}

const at = 1;
const accepted = (turn: string, text: string): LoggedEvent => {
  const parts = [{ type: 'text', text }] as const;
  return logged({
    id: `m:${turn}`,
    type: 'message.accepted',
    at,
    turn,
    data: { messageId: turn, parts, queued: false },
  });
};
const started = (turn: string): LoggedEvent =>
  logged({ id: `s:${turn}`, type: 'turn.started', at, turn, data: { messageIds: [turn] } });
const said = (turn: string, agent: string, text: string): LoggedEvent =>
  logged({
    id: `e:${turn}.${agent}`,
    type: 'step.completed',
    at,
    turn,
    agent,
    step: `${turn}.1`,
    data: { text },
  });
const cancelled = (turn: string): LoggedEvent =>
  logged({ id: `c:${turn}`, type: 'turn.cancelled', at, turn, data: { reason: 'cancelled on request' } });

function after(before: Conversation | null, ...fresh: LoggedEvent[]): Conversation {
  const position = { epoch: 7, seq };
  const conversation = follow(before, { position, info: before ? null : INFO, fresh });
  if (!conversation) throw new Error('no conversation');
  return conversation;
}

const texts = (conversation: Conversation, turn: string): string[] =>
  saidUpTo(conversation, turn).map((each) => each.text);

describe('an agent sees', () => {
  test('what was said up to and in its turn, turn by turn, also what was said while a message waited', () => {
    const first = after(null, accepted('t1', 'one?'), started('t1'), accepted('t2', 'two?'));
    const then = after(first, said('t1', 'a', 'one.'), started('t2'));
    expect(texts(then, 't1')).toEqual(['one?', 'one.']);
    expect(saidUpTo(then, 't2')).toEqual([
      { role: 'user', text: 'one?' },
      { role: 'agent', name: 'a', text: 'one.' },
      { role: 'user', text: 'two?' },
    ]);
  });

  test('nothing of a turn that was cancelled before it started', () => {
    const first = after(null, accepted('t1', 'one?'), started('t1'), accepted('t2', 'two?'));
    expect(texts(after(first, cancelled('t2')), 't3')).toEqual(['one?']);
  });

  test('a message whose turn was cancelled before an agent had said a word', () => {
    const first = after(null, accepted('t1', 'one?'), started('t1'));
    expect(texts(after(first, cancelled('t1')), 't2')).toEqual(['one?']);
  });

  test('what a cancelled agent had said, and nothing of a failed one', () => {
    const place = { at, turn: 't1', agent: 'a', step: 't1.1' };
    const stopped = logged({ ...place, id: 'x', type: 'step.cancelled', data: { reason: '', text: 'half' } });
    const failed = logged({
      ...place,
      id: 'y',
      type: 'step.failed',
      data: { code: '', message: '', text: 'junk' },
    });
    expect(texts(after(null, accepted('t1', 'one?'), stopped, failed), 't1')).toEqual(['one?', 'half']);
  });

  test('the newest that fits', () => {
    const long = 'x'.repeat(LIMITS.contextChars / 2);
    const turns = ['t1', 't2', 't3'].flatMap((turn) => [
      accepted(turn, `${turn}?`),
      started(turn),
      said(turn, 'a', long),
    ]);
    expect(texts(after(null, ...turns), 't3')).toEqual(['t3?', long]);
  });

  test('its own turn, however much waits behind it', () => {
    const waiting = Array.from({ length: 8 }, (_, n) =>
      accepted(`t${n + 2}`, 'x'.repeat(LIMITS.messageChars)),
    );
    expect(texts(after(null, accepted('t1', 'one?'), started('t1'), ...waiting), 't1')).toEqual(['one?']);
  });

  test('a log of another life from its beginning', () => {
    const first = after(null, accepted('t1', 'one?'), started('t1'), said('t1', 'a', 'lost'));
    const anew = follow(first, {
      position: { epoch: 8, seq: 1 },
      info: INFO,
      fresh: [accepted('t1', 'one?')],
    });
    expect(anew && texts(anew, 't1')).toEqual(['one?']);
  });
});

describe('a worker remembers', () => {
  const ref = { tenant: 'acme', session: 's' };

  test('the furthest of what its steps have read', () => {
    const conversations = new Conversations();
    const early = after(null, accepted('t1', 'one?'));
    const late = after(early, said('t1', 'a', 'one.'));
    conversations.keep(ref, late);
    conversations.keep(ref, early);
    expect(conversations.of(ref)).toBe(late);
  });

  test('the sessions that it worked on last', () => {
    const conversations = new Conversations();
    const one = after(null, accepted('t1', 'one?'));
    for (let n = 0; n <= LIMITS.contextSessions; n += 1)
      conversations.keep({ tenant: 'acme', session: `s${n}` }, one);
    expect(conversations.of({ tenant: 'acme', session: 's0' })).toBeNull();
    expect(conversations.of({ tenant: 'acme', session: 's1' })).toBe(one);
  });

  test('no more text than it may', () => {
    const conversations = new Conversations();
    const long = after(null, accepted('t1', 'x'.repeat(LIMITS.contextChars)), started('t1'));
    const fit = LIMITS.contextTotalChars / LIMITS.contextChars;
    for (let n = 0; n <= fit; n += 1) conversations.keep({ tenant: 'acme', session: `s${n}` }, long);
    expect(conversations.chars).toBe(LIMITS.contextTotalChars);
    expect(conversations.of({ tenant: 'acme', session: 's0' })).toBeNull();
    conversations.keep({ tenant: 'acme', session: `s${fit}` }, after(long, started('t2')));
    expect(conversations.chars).toBe(LIMITS.contextTotalChars);
  });
});

test('nothing is told of a session that neither the log nor the worker knows', () => {
  expect(follow(null, { position: { epoch: 7, seq: 1 }, info: null, fresh: [] })).toBeNull();
});
