/** Whole sessions without a server: the rules of the workflow, the turns of the activities, a log in memory. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { agent, defineConfig, tool } from '../../src/project/index.ts';
import type { Team } from '../../src/project/team.ts';
import { openSession } from '../../src/testing/index.ts';

const types = (events: readonly { readonly type: string }[]): string[] => events.map(({ type }) => type);

const paid: string[] = [];

const config = defineConfig({
  agents: {
    triage: agent.model({ instructions: 'Sort it.', tools: ['refund'], handoff: ['billing'] }),
    billing: agent.code(async function* ({ conversation }) {
      yield `Billing has read ${conversation.length}.`;
    }),
  },
  tools: {
    refund: tool({
      description: 'Pays back.',
      input: z.object({ cents: z.number() }),
      effect: 'keyed',
      run: async ({ cents }, { key }) => {
        paid.push(`${key} ${cents}`);
        return `${cents} cents are paid.`;
      },
    }),
  },
  teams: {
    counting: (async ({ memory, say, sleep, askPerson }) => {
      const count = Number(memory.get('count') ?? 0) + 1;
      memory.set('count', count);
      await sleep(3_600_000);
      const { status } = await askPerson('ana', { text: `Is it ${count}?` });
      await say(`${count}: ${status}`);
    }) satisfies Team,
  },
});

describe('a session in a test', () => {
  test('agents in code and tools are run, models say what the test gives them', async () => {
    const answers = { triage: [{ call: 'refund', input: { cents: 300 } }, 'You have it back.'] };
    const session = await openSession({ config, agents: ['triage', 'billing'], answers });
    const turn = await session.send('Refund me.');
    expect(turn.status).toBe('completed');
    expect(turn.texts).toEqual(['You have it back.', 'Billing has read 2.']);
    expect(paid).toHaveLength(1);
    expect(types(turn.events)).toEqual([
      ...[
        'message.accepted',
        'turn.started',
        'step.started',
        'step.completed',
        'step.started',
        'step.completed',
      ],
      ...['step.started', 'step.completed', 'step.started', 'step.completed', 'turn.completed'],
    ]);
    expect(turn.events[5]).toMatchObject({ step: 't1.1.c1', data: { text: '300 cents are paid.' } });
    expect(session.view.entries.filter(({ kind }) => kind === 'step')).toHaveLength(4);
  });

  test('what an agent fails with, and what a tool is not given, is seen as clients see it', async () => {
    const answers = {
      triage: [{ call: 'refund', input: { cents: 'all' } }, { fail: 'agent_refused' as const }],
    };
    const session = await openSession({ config, agents: ['triage'], answers });
    const turn = await session.send({ text: 'Refund me.', from: 'ana', messageId: 'm1' });
    expect(turn).toMatchObject({ status: 'failed', receipt: { messageId: 'm1', turnStatus: 'failed' } });
    expect(turn.events.find(({ step }) => step === 't1.1.c1')).toBeDefined();
    expect(turn.events.at(-1)).toMatchObject({ type: 'turn.failed', data: { code: 'agent_refused' } });
  });

  test('pauses pass at once, people are waited for, a deploy in between changes nothing, and memory is kept', async () => {
    const session = await openSession({ config, agents: ['billing'], team: 'counting' });
    await session.members({ join: { kind: 'person', name: 'ana' } });
    const asked = await session.send('Count.');
    expect(asked.status).toBe('waiting');
    expect(session.view.asked).toMatchObject([{ name: 'ana', text: 'Is it 1?' }]);
    session.handOver();
    const answered = await session.send({ text: 'Yes.', from: 'ana' });
    expect(answered).toMatchObject({ status: 'completed', texts: ['1: answered'] });
    await session.send('Again.');
    await session.expire();
    expect(session.events.at(-2)).toMatchObject({ data: { text: '2: unanswered' } });
  });

  test('a message that waits is answered after the turn that runs, unless it is cancelled', async () => {
    const answers = { a: [{ never: true as const }, 'second'] };
    const session = await openSession({ agents: [{ name: 'a', runner: 'scripted' }], answers });
    const first = session.send('One.');
    await session.until(({ type }) => type === 'step.started');
    const second = session.send('Two.');
    expect(await session.cancel('t1')).toEqual({ status: 'cancelling', turn: 't1' });
    expect((await first).status).toBe('cancelled');
    expect(await second).toMatchObject({ status: 'completed', texts: ['second'] });
    await session.close();
    expect((await session.send('Three.')).receipt).toMatchObject({
      status: 'rejected',
      code: 'session_closed',
    });
    expect(types(session.events).at(-2)).toBe('session.closed');
  });

  test('what the configuration lacks is told at once', async () => {
    await expect(openSession({ config, agents: ['nobody'] })).rejects.toThrow('no agent "nobody"');
    await expect(openSession({ config, agents: ['billing'], team: 'none' })).rejects.toThrow(
      'no team "none"',
    );
    const session = await openSession({ config, agents: ['triage'] });
    const { events } = await session.send('Hello.');
    expect(events.at(-1)).toMatchObject({
      data: { message: 'In this test triage needs answers: { triage: […] }.' },
    });
  });
});
