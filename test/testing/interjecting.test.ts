/** Messages that come while a turn runs, in whole sessions without a server: what teams and agents are told of them. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { agent, defineConfig, tool } from '../../src/project/index.ts';
import type { Team } from '../../src/project/team.ts';
import { openSession } from '../../src/testing/index.ts';

let gate = Promise.withResolvers<undefined>();

const config = defineConfig({
  agents: {
    slow: agent.code(async function* ({ signal }) {
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      await Promise.race([gate.promise, stopped]);
      yield 'slow is done';
    }),
    reader: agent.code(async function* ({ conversation }) {
      yield conversation.map(({ text }) => text).join(' | ');
    }),
    caller: agent.scripted(
      { calls: [[{ tool: 'pay' }, { tool: 'look' }, { tool: 'asked' }]], say: 'Paid.' },
      { tools: ['pay', 'look', 'asked'] },
    ),
  },
  tools: {
    pay: tool({ description: 'Pays.', input: z.object({}), effect: 'once', run: async () => 'paid' }),
    look: tool({ description: 'Looks.', input: z.object({}), effect: 'none', run: async () => 'seen' }),
    asked: tool({
      ...{ description: 'Asks first.', input: z.object({}), effect: 'once', approval: 'always' },
      run: async () => 'done',
    }),
  },
  teams: {
    told: (async ({ ask, steered, say }) => {
      await ask('slow');
      await ask('reader');
      const first = steered().map(({ text }) => text);
      await say(`${first.join()}, then ${steered().length}`);
    }) satisfies Team,
  },
});

async function whileItRuns(team: string, agents: string[] = ['slow', 'reader']) {
  gate = Promise.withResolvers<undefined>();
  const session = await openSession({ config, agents, team });
  const first = session.send({ text: 'Write.', messageId: 'm1' });
  await session.until(({ type }) => type === 'step.started');
  return { session, first };
}

describe('a message that steers', () => {
  test('is seen by the next step and told to the team once; it gets no turn of its own', async () => {
    const { session, first } = await whileItRuns('told');
    const second = session.send({ text: 'Shorter.', messageId: 'm2', policy: 'steer' });
    await session.until((event) => event.type === 'message.accepted' && event.data.messageId === 'm2');
    gate.resolve(undefined);
    const turn = await first;
    expect(turn.texts).toEqual(['slow is done', 'Write. | slow is done | Shorter.', 'Shorter., then 0']);
    expect((await second).receipt).toMatchObject({ status: 'consumed', turn: 't1', turnStatus: 'completed' });
    const ends = session.events.filter(({ type }) => /^turn\.(completed|merged)$/.test(type));
    expect(ends.map(({ type, turn: of }) => `${of} ${type}`)).toEqual([
      't2 turn.merged',
      't1 turn.completed',
    ]);
  });

  test('is answered in a turn of its own if no further step begins', async () => {
    const { session, first } = await whileItRuns('sequence', ['slow']);
    const second = session.send({ text: 'Shorter.', policy: 'steer' });
    gate.resolve(undefined);
    expect((await first).texts).toEqual(['slow is done']);
    expect(await second).toMatchObject({ receipt: { turn: 't2' }, status: 'completed' });
  });
});

test('one that rolls back is answered as if what it stopped had never been said', async () => {
  const { session, first } = await whileItRuns('told');
  const second = session.send({ text: 'Anew.', policy: 'rollback' });
  gate.resolve(undefined);
  expect(await first).toMatchObject({ status: 'cancelled' });
  expect((await second).texts[1]).toBe('Anew. | slow is done');
});

test('a turn that is rolled back tells which calls are not undone: those that change something and were made', async () => {
  gate = Promise.withResolvers<undefined>();
  const session = await openSession({ config, agents: ['caller', 'slow'] });
  await session.send('Pay.');
  const [approval] = session.view.approvals;
  const first = session.approve(approval!, { vote: 'deny', by: 'ana' });
  await session.until(({ type, agent: who }) => type === 'step.started' && who === 'slow');
  const second = session.send({ text: 'No.', policy: 'rollback' });
  gate.resolve(undefined);
  await Promise.all([first, second]);
  const [turn] = session.view.turns;
  expect(turn).toMatchObject({ turn: 't1', status: 'cancelled' });
  expect(turn?.rolledBack?.lasting).toEqual([{ step: 't1.1.c1', tool: 'pay' }]);
});
