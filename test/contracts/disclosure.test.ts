/** What clients are told of a session, and what stays on the server. */
import { describe, expect, test } from '@jest/globals';
import {
  applyEvent,
  disclosedOpening,
  disclosedTo,
  emptyView,
  envelope,
  INSIDER,
  STRANGER,
} from '../../src/contracts/index.ts';
import type {
  AgentSpec,
  EventData,
  EventType,
  LoggedEvent,
  SessionEvent,
  SessionInfo,
} from '../../src/contracts/index.ts';

const ref = { tenant: 'acme', session: 's' };

const agent: AgentSpec = {
  ...{ name: 'ann', runner: 'model', instructions: 'SECRET', model: 'SECRET', provider: 'SECRET' },
  ...{ use: 'SECRET', options: { key: 'SECRET' }, script: { say: 'SECRET' }, tools: ['SECRET'] },
  ...{ approvals: { SECRET: 'always' }, output: { title: 'SECRET' }, delegates: ['SECRET'] },
};

const info: SessionInfo = {
  ...{ team: { name: 'panel', options: { brief: 'SECRET' } }, agents: [agent], createdAt: 1 },
  metadata: { customer: 'SECRET', public: { title: 'Refund' } },
  ...{ policy: 'steer', limits: { steps: 3 }, ttlMs: 100, summary: { agent, afterChars: 9 } },
};

const logged = <T extends EventType>(type: T, data: EventData[T]): LoggedEvent =>
  ({ id: 'x', type, at: 1, seq: 1, data }) as LoggedEvent;

const told = <T extends EventType>(type: T, data: EventData[T]): unknown =>
  envelope(ref, 7, logged(type, data)).data;

test('of an opening: names, and metadata that is marked public', () => {
  const { createdAt: _createdAt, ...created } = info;
  const expected = {
    ...{ team: { name: 'panel' }, agents: [{ name: 'ann' }], metadata: { public: { title: 'Refund' } } },
    ...{
      policy: 'steer',
      limits: { steps: 3 },
      ttlMs: 100,
      summary: { agent: { name: 'ann' }, afterChars: 9 },
    },
  };
  expect(told('session.created', created)).toEqual(expected);
  expect(disclosedOpening(created)).toEqual(expected);
});

test('fields that nobody has named as public are not told: those of a later version, of an older log', () => {
  const stranger = { team: { name: 'panel' }, agents: [agent], metadata: {}, prompt: 'SECRET' };
  expect(told('session.created', stranger)).toEqual({
    ...{ team: { name: 'panel' }, agents: [{ name: 'ann' }], metadata: {} },
  });
});

test('a request may name agents and team by a plain name', () => {
  expect(disclosedOpening({ team: 'debate', agents: ['ann', agent], summary: { agent: 'ann' } })).toEqual({
    ...{
      team: { name: 'debate' },
      agents: [{ name: 'ann' }, { name: 'ann' }],
      summary: { agent: { name: 'ann' } },
    },
  });
  expect(disclosedOpening({})).toEqual({});
});

test('of a change of the members: the members, and agents by their names', () => {
  const members = [{ kind: 'agent', name: 'ann', status: 'active' }] as const;
  const change = { revision: 1, members, name: 'ann', change: 'joined' } as const;
  expect(told('session.members', { ...change, agents: [agent] })).toEqual({
    ...{ ...change, agents: [{ name: 'ann' }] },
  });
});

test('what a team remembers is not told', () => {
  expect(told('turn.completed', { memory: { last: 'SECRET' } })).toEqual({});
});

test('a view shows no more than the events do', () => {
  const empty = emptyView('acme', 's', info, { epoch: 7, seq: 0 });
  const { createdAt: _createdAt, ...created } = info;
  const view = applyEvent(empty, envelope(ref, 7, logged('session.created', created)));
  expect(view).toMatchObject({
    ...{ team: { name: 'panel' }, agents: ['ann'], metadata: { public: { title: 'Refund' } } },
  });
  expect(JSON.stringify(view)).not.toContain('SECRET');
});

describe('of a direct message', () => {
  const published = (more: object): SessionEvent => {
    const data = {
      messageId: 'SECRET',
      channel: 'SECRET',
      parts: [{ type: 'text', text: 'SECRET' }],
      ...more,
    };
    const place = { id: 'message:SECRET', cause: 'SECRET', stamps: { ingest: 1 } };
    const event = { ...place, type: 'channel.published', at: 1, seq: 4, data } as LoggedEvent; // safety: it is one
    return envelope(ref, 7, event);
  };
  const direct = published({ from: 'Ada', to: ['Bob', 'Cy'] });

  test.each([
    ['its sender', { subject: 'Ada' }],
    ['a recipient', { subject: 'Cy' }],
    ['keys and operators', INSIDER],
  ])('%s is told all', (_, reader) => {
    expect(disclosedTo(reader, direct)).toBe(direct);
  });

  test.each([
    ['another person', { subject: 'Eve' }],
    ['one whose name differs', { subject: 'bob' }],
    ['who reads none', STRANGER],
  ])('%s is told its place', (_, reader) => {
    const told = disclosedTo(reader, direct);
    expect(told).toEqual({
      ...{ v: 1, ...ref, epoch: 7, seq: 4, at: 1, id: 'withheld:4', type: 'channel.published' },
      data: { withheld: true },
    });
    expect(disclosedTo({ subject: 'somebody' }, direct)).toBe(told);
    expect(disclosedTo(INSIDER, told)).toBe(told);
  });

  test('from nobody, nobody is the sender', () => {
    expect(disclosedTo(STRANGER, published({ to: ['Bob'] })).data).toEqual({ withheld: true });
  });

  test('a channel event that is to nobody in particular is for all', () => {
    const event = published({});
    expect(disclosedTo(STRANGER, event)).toBe(event);
  });

  test('a view holds nothing, and goes on after it', () => {
    const empty = emptyView('acme', 's', info, { epoch: 7, seq: 3 });
    for (const reader of [STRANGER, INSIDER]) {
      const view = applyEvent(empty, disclosedTo(reader, direct));
      expect(view).toEqual({ ...empty, position: { epoch: 7, seq: 4 } });
    }
  });
});
