/** Approvals in whole sessions without a server: the rules of the workflow, the kernel, and the steps of tools. */
import { describe, expect, test } from '@jest/globals';
import { agent, defineConfig, tool } from '../../src/project/index.ts';
import type { Decision, Team } from '../../src/project/team.ts';
import { openSession, runTeam } from '../../src/testing/index.ts';

const paid: unknown[] = [];

const pay = (approval: Parameters<typeof tool>[0]['approval']) =>
  tool({
    ...{ description: 'Pays.', effect: 'once', input: { type: 'object', required: ['cents'] } },
    ...(approval === undefined ? {} : { approval }),
    run: ({ cents }) => {
      paid.push(cents);
      return `paid ${Number(cents)}`;
    },
  });

/** An agent that calls the tool so often, and then says what came of it. */
const payer = (...cents: unknown[]) => [
  { calls: cents.map((each) => ({ call: 'pay', input: { cents: each } as { cents: number } })) },
  'Done.',
];

describe('whether a call has to be approved', () => {
  test('says the tool of its arguments, once, when the model has made it; a deploy in between changes nothing of it', async () => {
    const asked: unknown[] = [];
    let rule: 'always' | 'never' = 'always';
    const approval = ({ cents }: { cents?: unknown }): 'always' | 'never' => {
      asked.push(cents);
      return Number(cents) > 100 ? rule : 'never';
    };
    const config = defineConfig({
      agents: { triage: agent.model({ tools: ['pay'] }) },
      tools: { pay: pay(approval) },
    });
    const session = await openSession({
      config,
      agents: ['triage'],
      answers: { triage: payer(500, 50, 600) },
    });
    paid.length = 0;
    const turn = await session.send('Pay.');
    expect(turn.status).toBe('waiting');
    expect(paid).toEqual([50]);
    expect(session.view.approvals).toMatchObject([
      { approval: 't1.1.c1', title: 'pay', tool: 'pay', data: { cents: 500 } },
      { approval: 't1.1.c3', data: { cents: 600 } },
    ]);
    rule = 'never';
    session.handOver();
    for (const open of session.view.approvals) await session.approve(open, { vote: 'approve', by: 'ana' });
    expect(paid).toEqual([50, 500, 600]);
    expect(asked).toEqual([500, 50, 600]);
    expect(session.view.turns).toMatchObject([{ status: 'completed' }]);
    expect(session.view.approvals).toEqual([]);
  });

  test('is for its agent to say where the tool does not; the rule of the tool comes first', async () => {
    const approvals = { pay: { title: 'By the agent', approvers: { names: ['ana'] } } };
    for (const [own, title] of [
      [undefined, 'By the agent'],
      ['never', 'By the agent'],
      [{ title: 'By the tool' }, 'By the tool'],
    ] as const) {
      const config = defineConfig({
        agents: { triage: agent.model({ tools: ['pay'], approvals }) },
        tools: { pay: pay(own) },
      });
      const session = await openSession({ config, agents: ['triage'], answers: { triage: payer(1) } });
      await session.send('Pay.');
      expect(session.view.approvals).toMatchObject([{ title }]);
    }
  });

  test('is not asked of arguments that do not fit, and of those that are too long nobody can be asked', async () => {
    const config = defineConfig({
      agents: { triage: agent.model({ tools: ['pay'] }) },
      tools: { pay: pay('always') },
    });
    const calls = [
      { call: 'pay', input: {} },
      { call: 'pay', input: { cents: 'x'.repeat(9_000) } },
    ];
    const session = await openSession({
      config,
      agents: ['triage'],
      answers: { triage: [{ calls }, 'Done.'] },
    });
    const { status, events } = await session.send('Pay.');
    expect(status).toBe('completed');
    expect(events.filter(({ type }) => type.startsWith('approval.'))).toEqual([]);
    expect(events.find(({ type, step }) => type === 'step.failed' && step === 't1.1.c1')).toMatchObject({
      data: { code: 'tool_input_invalid' },
    });
  });

  test('that a rule cannot tell fails the step of the agent: nothing is called', async () => {
    paid.length = 0;
    for (const approval of [
      () => {
        throw new Error('a secret');
      },
      () => ({ approvers: { count: 0 } }),
    ]) {
      const config = defineConfig({
        agents: { triage: agent.model({ tools: ['pay'] }) },
        tools: { pay: pay(approval) },
      });
      const session = await openSession({ config, agents: ['triage'], answers: { triage: payer(1) } });
      const { status, events } = await session.send('Pay.');
      expect(status).toBe('failed');
      expect(events.at(-1)).toMatchObject({ data: { code: 'tool_failed' } });
      expect(JSON.stringify(events)).not.toContain('a secret');
    }
    expect(paid).toEqual([]);
    expect(() => pay({ approvers: { count: 0 } })).toThrow(/count/);
    expect(() => pay('sometimes' as 'always')).toThrow(/approval/);
  });
});

describe('a team that asks for an approval', () => {
  const asking: Team = async ({ approve, say }) => {
    const decision = await approve({ title: 'Go?', data: { at: 1 }, onExpiry: 'approve', mayEdit: true });
    await say(JSON.stringify(decision));
  };

  test('is told the decision, in a test as well', async () => {
    const said = async (approve?: Parameters<typeof runTeam>[1]['approve']): Promise<Decision> => {
      const { steps } = await runTeam(asking, { agents: ['a'], ...(approve && { approve }) });
      return JSON.parse(steps[0]?.text ?? '') as Decision;
    };
    expect(await said()).toEqual({ status: 'approved', by: [], data: { at: 1 } });
    expect(
      await said(({ title, data }) => (title === 'Go?' && data?.['at'] === 1 ? 'denied' : 'approved')),
    ).toEqual({
      ...{ status: 'denied', by: ['somebody'] },
    });
    expect(await said(() => ({ denied: 'No.' }))).toEqual({
      status: 'denied',
      by: ['somebody'],
      reason: 'No.',
    });
    expect(await said(() => ({ approved: { at: 2 } }))).toMatchObject({
      status: 'approved',
      data: { at: 2 },
    });
  });

  test('may ask while others work; several are open, each is decided by itself, and a race leaves none open', async () => {
    const racing: Team = async ({ parallel, say }) => {
      const settled = await parallel(
        {
          one: ({ approve }) => approve({ title: 'One' }),
          two: async ({ approve, say: tell }) => {
            await tell('Two asks.');
            return approve({ title: 'Two' });
          },
        },
        { until: 'any' },
      );
      await say(
        Object.entries(settled)
          .map(([name, { status }]) => `${name} ${status}`)
          .join(),
      );
    };
    const config = defineConfig({ agents: { a: agent.scripted() }, teams: { racing } });
    const session = await openSession({ config, agents: ['a'], team: 'racing' });
    expect(await session.send('Go.')).toMatchObject({ status: 'waiting', texts: ['Two asks.'] });
    const [one, two] = session.view.approvals;
    expect([one, two]).toMatchObject([{ approval: 't1.1.one.1' }, { approval: 't1.1.two.2' }]);
    session.handOver();
    await session.approve(two!, { vote: 'deny', by: 'ana' });
    expect(session.view.turns).toMatchObject([{ status: 'completed' }]);
    expect(
      session.events.find(({ id }) => id.startsWith('approval:t1.1.one.1:') && id.endsWith('decided')),
    ).toMatchObject({
      data: { status: 'cancelled' },
    });
    expect(session.view.entries.at(-1)).toMatchObject({ text: 'one cancelled,two completed' });
  });

  test('that makes no sense fails with a sentence', async () => {
    const ask = (request: object): Promise<unknown> =>
      runTeam(
        (async ({ approve }) => {
          await approve(request as { title: string });
        }) satisfies Team,
        {
          agents: ['a'],
        },
      );
    for (const request of [
      {},
      { title: '' },
      { title: 'x', data: [] },
      { title: 'x', data: { x: 'x'.repeat(9_000) } },
    ]) {
      expect(await ask(request)).toMatchObject({ end: { status: 'failed', code: 'team_failed' } });
    }
  });

  test('that asks for something else when its code runs again has changed', async () => {
    let amount = 1;
    const config = defineConfig({
      agents: { a: agent.scripted() },
      teams: {
        changing: (async ({ approve }) => {
          await approve({ title: 'Pay', data: { amount } });
        }) satisfies Team,
      },
    });
    const session = await openSession({ config, agents: ['a'], team: 'changing' });
    await session.send('Go.');
    amount = 2;
    await session.approve(session.view.approvals[0]!, { vote: 'approve', by: 'ana' });
    expect(session.view.turns).toMatchObject([{ status: 'failed', failure: { code: 'team_changed' } }]);
  });

  test('may not wait for more at a time than a session holds', async () => {
    const wide: Team = async ({ approve }) => {
      await Promise.all(Array.from({ length: 33 }, (_, at) => approve({ title: `${at}` })));
    };
    expect(await runTeam(wide, { agents: ['a'] })).toMatchObject({
      end: { status: 'failed', code: 'turn_too_wide' },
    });
    const long: Team = async ({ approve }) => {
      for (let at = 0; at < 201; at += 1) await approve({ title: `${at}` });
    };
    expect(await runTeam(long, { agents: ['a'] })).toMatchObject({
      end: { status: 'failed', code: 'turn_too_long' },
    });
  });
});
