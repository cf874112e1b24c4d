/** Messages that come while a session is busy, on the whole product: every policy in every phase, and kills at the awkward moments. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  endsStep,
  endsTurn,
  POLICIES,
  reasonOf,
  type AgentSpec,
  type InterjectionPolicy,
  type OpenRequest,
  type SessionEvent,
} from '../../src/contracts/index.ts';
import { interject, meaningOf, type Interjection, type Phase } from '../../workflows/rules/interject.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { expectLanes, expectOrdered, freshId, Recorder, rest, speaker } from './scene.ts';
import { settledAt } from './settled.ts';

let stack: Stack;
const closers: (() => void)[] = [];

beforeAll(async () => {
  stack = await startStack();
}, 90_000);

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

afterAll(async () => {
  await stack.stop();
});

const url = (): string => stack.urls[0]!;
const settled = (id: string, ...messageIds: string[]): Promise<readonly SessionEvent[]> =>
  settledAt(url(), id, messageIds);
const hears: AgentSpec = { name: 'ben', runner: 'scripted', script: { say: 'I heard: {{message}}' } };

async function open(more: OpenRequest = {}): Promise<Recorder> {
  const id = freshId();
  const body = { id, agents: [speaker('ann', 12), hears], ...more };
  expect((await rest(url(), 'POST', '/v1/sessions', { body })).status).toBe(201);
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return seen;
}

const send = (seen: Recorder, messageId: string, policy?: InterjectionPolicy): Promise<unknown> =>
  rest(url(), 'POST', `/v1/sessions/${seen.session.id}/messages`, {
    body: { messageId, text: `This is ${messageId}.`, ...(policy ? { policy } : {}) },
  });

type Told<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;
const told = <T extends SessionEvent['type']>(events: readonly SessionEvent[], type: T): readonly Told<T>[] =>
  events.filter((event): event is Told<T> => event.type === type);

/** The messages of each turn that started, in that order. */
const answered = (events: readonly SessionEvent[]): string[] =>
  told(events, 'turn.started').map(({ data }) => data.messageIds.join('+'));

/** The same, of turns beside the main lane. */
const beside = (events: readonly SessionEvent[]): string[] =>
  told(events, 'turn.started').flatMap(({ data }) => (data.beside ? [data.messageIds.join('+')] : []));

const merged = (events: readonly SessionEvent[], messageId: string): string | undefined => {
  const found = told(events, 'turn.merged').findLast(({ data }) => data.messageIds.includes(messageId));
  return found && `${found.data.reason.code} ${found.data.into}`;
};

const ended = (events: readonly SessionEvent[], turn: string): string => {
  const end = events.find((event) => event.turn === turn && endsTurn(event.type));
  return end?.type === 'turn.cancelled' ? reasonOf(end.data.reason).code : (end?.type ?? '');
};

/** What each interjection of `m` has come to, where `m1` was first, and `q` waited, if there was something that runs. */
const CAME_TO: Readonly<Record<Interjection, (events: readonly SessionEvent[], busy: boolean) => void>> = {
  starts: (events) => expect(answered(events).at(-1)).toBe('m'),
  waits: (events, busy) => expect(answered(events)).toEqual(busy ? ['m1', 'q', 'm'] : ['m1', 'm']),
  startsBeside: (events, busy) => {
    expect(answered(events)).toEqual(busy ? ['m1', 'm', 'q'] : ['m1', 'm']);
    expect(beside(events)).toEqual(['m']);
    const start = events.find(({ type, cause }) => type === 'turn.started' && cause === 'm');
    const end = events.find(({ type, turn }) => endsTurn(type) && turn === 't1');
    expect(start?.seq).toBeLessThan(end?.seq ?? 0);
  },
  waitsForPlace: (events) => expect(answered(events)).toContain('m'),
  joins: (events) => {
    expect(answered(events)).toEqual(['m1', 'q']);
    expect(merged(events, 'm')).toBe('joined t1');
    const [ben] = told(events, 'step.completed').filter(({ step }) => step === 't1.2');
    expect(ben?.data.text).toBe('I heard: This is m.');
  },
  joinsNow: (events) => {
    expect(answered(events)).toEqual(['m1', 'q']);
    expect(merged(events, 'm')).toBe('joined t1');
  },
  joinsNext: (events) => expect(answered(events)).toEqual(['m1+m']),
  stops: (events) => {
    expect(answered(events)).toEqual(['m1', 'm', 'q']);
    expect(ended(events, 't1')).toBe('interrupted');
  },
  withdraws: (events) => {
    expect(answered(events)).toEqual(['m1', 'm', 'q']);
    expect(ended(events, 't1')).toBe('rolled_back');
  },
  overtakes: (events) => expect(answered(events)).toEqual(['m', 'm1']),
  merges: (events, busy) => expect(answered(events)).toEqual(busy ? ['m1', 'q+m'] : ['m1+m']),
  replaces: (events, busy) => {
    expect(answered(events)).toEqual(busy ? ['m1', 'm'] : ['m']);
    expect(ended(events, busy ? 't2' : 't1')).toBe('superseded');
  },
  refused: (events) => expect(answered(events)).not.toContain('m'),
  closed: (events) => expect(answered(events)).not.toContain('m'),
};

/** The events say what the table says. */
async function expectCell(seen: Recorder, policy: InterjectionPolicy, phase: Phase): Promise<void> {
  const does = interject(policy, phase);
  const { receipt, code } = meaningOf(does);
  const busy = phase === 'running' || phase === 'waiting';
  const others = phase === 'idle' ? [] : busy ? ['m1', 'q'] : ['m1'];
  const events = await settled(seen.session.id, ...others, 'm');
  const accepted = told(events, 'message.accepted').find(({ data }) => data.messageId === 'm');
  const rejected = told(events, 'message.rejected').find(({ data }) => data.messageId === 'm');
  expect([policy, rejected?.data.code]).toEqual([policy, code]);
  expect([policy, accepted?.data.queued]).toEqual([policy, code ? undefined : receipt !== 'accepted']);
  CAME_TO[does](events, busy);
}

describe('a message of each policy does what the table says', () => {
  const each = (walk: (policy: InterjectionPolicy) => Promise<void>): Promise<unknown> =>
    Promise.all(POLICIES.map(walk));

  test('where nothing runs', async () => {
    await each(async (policy) => {
      const seen = await open();
      await send(seen, 'm', policy);
      await expectCell(seen, policy, 'idle');
    });
  });

  test('where messages wait for the first turn', async () => {
    const [worker] = stack.workers;
    const sessions = await Promise.all(POLICIES.map(async (policy) => ({ policy, seen: await open() })));
    await worker?.end('SIGTERM');
    for (const { policy, seen } of sessions) {
      await send(seen, 'm1');
      await send(seen, 'm', policy);
    }
    await worker?.start();
    for (const { policy, seen } of sessions) await expectCell(seen, policy, 'queued');
  }, 60_000);

  test('while a turn runs', async () => {
    await each(async (policy) => {
      const seen = await open({ agents: [speaker('ann', 50), hears] });
      await send(seen, 'm1');
      await seen.streaming(2);
      await send(seen, 'q');
      await send(seen, 'm', policy);
      await expectCell(seen, policy, 'running');
      expectOrdered(seen);
    });
  }, 60_000);

  test('while a turn waits for a person', async () => {
    const asks: AgentSpec = { name: 'ann', runner: 'scripted', script: { say: 'What do you say, @Anna?' } };
    const team = { name: 'groupChat', options: { speakers: 2, askPeopleMs: 3_600_000 } };
    await each(async (policy) => {
      const seen = await open({ team, agents: [asks, hears] });
      await seen.session.members({ join: { kind: 'person', name: 'Anna' } });
      await send(seen, 'm1');
      await seen.until('Anna is asked', ({ asked }) => asked.length === 1);
      await send(seen, 'q');
      await send(seen, 'm', policy);
      await seen.until('the message has its place', ({ entries }) =>
        entries.some((entry) => entry.kind === 'message' && entry.messageId === 'm'),
      );
      // Each turn asks her.
      const answer = (question: string): unknown => seen.session.send('So be it.', { answers: question });
      closers.push(
        seen.session.on('event', (event) => {
          if (event.type === 'person.asked') answer(event.data.question);
        }),
      );
      for (const { question } of seen.view.asked) answer(question);
      await expectCell(seen, policy, 'waiting');
    });
  }, 60_000);

  test('while no more turns may run beside the main lane', async () => {
    const seen = await open({ agents: [speaker('ann', 40), hears] });
    await send(seen, 'm1');
    await seen.streaming(2);
    for (const place of ['p1', 'p2', 'p3', 'p4']) await send(seen, place, 'parallel');
    await send(seen, 'm', 'parallel');
    const { receipt } = meaningOf(interject('parallel', 'running', false));
    const events = await settled(seen.session.id, 'm1', 'm');
    const accepted = told(events, 'message.accepted').find(({ data }) => data.messageId === 'm');
    expect(accepted?.data.queued ? 'queued' : 'accepted').toBe(receipt);
    expect(answered(events).slice(0, 5)).toEqual(['m1', 'p1', 'p2', 'p3', 'p4']);
    expectLanes(events);
  }, 60_000);

  test('while the session closes', async () => {
    await each(async (policy) => {
      const seen = await open();
      await send(seen, 'm1');
      await seen.streaming(2);
      await seen.session.close();
      await send(seen, 'm', policy);
      await expectCell(seen, policy, 'closing');
    });
  });
});

describe('a step that is cancelled', () => {
  const endOfStep = (events: readonly SessionEvent[], step: string): SessionEvent | undefined =>
    events.find((event) => event.step === step && endsStep(event.type));

  test('keeps what it has said, and its team goes on; side by side with it others go on untouched', async () => {
    const seen = await open({ team: 'parallel', agents: [speaker('ann', 400), speaker('ben', 20)] });
    await send(seen, 'm1');
    await seen.until('both speak', () => seen.steps.filter(({ text }) => text.length > 10).length === 2);
    const step = seen.steps.find(({ agent }) => agent === 'ann')?.step ?? '';
    const askedAt = performance.now();
    expect(await seen.session.cancel({ step })).toEqual({ status: 'cancelling', step });
    const events = await settled(seen.session.id, 'm1');
    const end = endOfStep(events, step);
    expect(end).toMatchObject({
      type: 'step.cancelled',
      agent: 'ann',
      data: { reason: { code: 'step_cancelled' } },
    });
    expect(end?.type === 'step.cancelled' && end.data.text.startsWith('w1 w2')).toBe(true);
    const others = events.filter(({ agent }) => agent === 'ben').map(({ type }) => type);
    expect(others).toEqual(['step.started', 'step.completed']);
    // Its provider has stopped: nothing more came.
    const last = seen.deltas.filter((delta) => delta.step === step).at(-1)?.at ?? 0;
    expect(last - askedAt).toBeLessThan(1_000);
    expect(ended(events, 't1')).toBe('turn.completed');
    // As long as the workflow has not heard of the turn's end, it is told the same again.
    expect(['cancelling', 'ended']).toContain((await seen.session.cancel({ step })).status);
  });

  test('is stopped although it is silent, and the turn goes on where its team wants it', async () => {
    const silent: AgentSpec = { name: 'ann', runner: 'scripted', script: { tokens: 2, paceMs: 60_000 } };
    const seen = await open({ team: 'parallel', agents: [silent, speaker('ben', 3)] });
    await send(seen, 'm1');
    await seen.until('ben has spoken', () => seen.steps.some(({ status }) => status === 'completed'));
    const step = seen.steps.find(({ agent }) => agent === 'ann')?.step ?? '';
    expect(await seen.session.cancel({ step })).toMatchObject({ status: 'cancelling' });
    const events = await settled(seen.session.id, 'm1');
    expect(endOfStep(events, step)?.type).toBe('step.cancelled');
  });

  test('that there is not is told; all that runs and waits can be cancelled', async () => {
    const seen = await open({ agents: [speaker('ann', 100)] });
    await send(seen, 'm1');
    await seen.streaming();
    const cancel = (body: object): Promise<{ readonly status: number; readonly body: unknown }> =>
      rest(url(), 'POST', `/v1/sessions/${seen.session.id}/cancel`, { body });
    expect(await cancel({ step: 't1.7' })).toMatchObject({ status: 404, body: { code: 'step_not_found' } });
    expect(await cancel({ step: 't9.1' })).toMatchObject({ status: 404, body: { code: 'step_not_found' } });
    expect(await cancel({ step: 't1.1', turn: 't1' })).toMatchObject({ status: 422 });
    await send(seen, 'q');
    expect(await seen.session.cancel({ all: true })).toEqual({ status: 'cancelling', turns: ['t1', 't2'] });
    const events = await settled(seen.session.id, 'm1', 'q');
    expect([ended(events, 't1'), ended(events, 't2')]).toEqual([
      'cancel_requested',
      'cancelled_before_start',
    ]);
  });
});
