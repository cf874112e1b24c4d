import { describe, expect, it } from '@jest/globals';
import { parallel } from '../../../activities/teams/parallel.ts';
import { sequence } from '../../../activities/teams/sequence.ts';
import { AgentFailed, type Team } from '../../../activities/teams/team.ts';
import { Turn } from './driver.ts';

describe('a team in its first run', () => {
  it('asks one agent after the other, each seeing what was said before, and ends the turn with the last', async () => {
    const run = new Turn(sequence).run();
    await run.untilOpen('t1.1');
    expect(run.sees('t1.1')).toEqual([]);
    await run.complete('t1.1');
    await run.complete('t1.2');
    await run.complete('t1.3');
    await run.untilOpen('t1.4');
    expect(run.sees('t1.4')).toEqual(['t1.1', 't1.2', 't1.3']);
    expect(run.isLast('t1.4')).toBe(true);
    await run.complete('t1.4');
    await expect(run.ended).resolves.toEqual({ status: 'completed', last: true });
  });

  it('fails the turn when an agent fails that the team does not settle', async () => {
    const run = new Turn(sequence).run();
    await run.fail('t1.1');
    await expect(run.ended).resolves.toEqual({
      status: 'failed',
      code: 'agent_failed',
      message: 'It failed.',
    });
  });

  it('gives a failure as an answer to a team that settles', async () => {
    const run = new Turn(async ({ settle, ask }) => {
      const first = await settle('a');
      if (first.status === 'failed') await ask('b');
    }).run();
    await run.fail('t1.1');
    await run.complete('t1.2');
    await expect(run.ended).resolves.toEqual({ status: 'completed', last: false });
  });

  it('runs branches side by side; each sees its own steps and those before, and afterwards all are seen', async () => {
    const run = new Turn(async (context) => {
      await context.ask('a');
      await context.parallel({
        x: async ({ ask }) => {
          await ask('b');
          await ask('c');
        },
        y: ({ ask }) => ask('d'),
      });
      return { agent: 'a' };
    }).run();
    await run.complete('t1.1');
    await run.untilOpen('t1.2.x.1', 't1.2.y.1');
    await run.complete('t1.2.y.1');
    await run.complete('t1.2.x.1');
    await run.untilOpen('t1.2.x.2');
    expect(run.sees('t1.2.x.2')).toEqual(['t1.1', 't1.2.x.1']);
    await run.complete('t1.2.x.2');
    await run.untilOpen('t1.3');
    expect(run.sees('t1.3')).toEqual(['t1.1', 't1.2.x.1', 't1.2.x.2', 't1.2.y.1']);
  });

  it('sees what it asked for beside its branches, too', async () => {
    const run = new Turn(async ({ ask, parallel: branches }) => {
      const beside = ask('a');
      await branches({ x: (branch) => branch.ask('b') });
      await beside;
      await ask('c');
    }).run();
    await run.complete('t1.1');
    await run.complete('t1.2.x.1');
    await run.untilOpen('t1.3');
    expect(run.sees('t1.3')).toEqual(['t1.1', 't1.2.x.1']);
  });

  it('goes on without the branches of a parallel team that have failed, and fails when all have', async () => {
    const some = new Turn(parallel).run();
    for (const branch of ['b1', 'b2', 'b3']) await some.fail(`t1.1.${branch}.1`);
    await some.complete('t1.1.b4.1');
    await expect(some.ended).resolves.toEqual({ status: 'completed', last: false });
    const none = new Turn(parallel).run();
    for (const branch of ['b1', 'b2', 'b3', 'b4']) await none.fail(`t1.1.${branch}.1`);
    await expect(none.ended).resolves.toMatchObject({ status: 'failed', code: 'agent_failed' });
  });
});

describe('a team that runs again', () => {
  it('is answered from the journal and goes on where it was', async () => {
    const turn = new Turn(sequence);
    const first = turn.run();
    await first.complete('t1.1');
    await first.untilOpen('t1.2');
    first.leave();
    const second = turn.run();
    await second.untilOpen('t1.2');
    expect(second.sees('t1.2')).toEqual(['t1.1']);
    expect(turn.started).toEqual(['t1.1', 't1.2', 't1.2']);
  });

  it('hears answers in the order in which it first heard them', async () => {
    const heard: string[][] = [];
    const turn = new Turn(async (context) => {
      const order: string[] = [];
      heard.push(order);
      await context.parallel({
        x: async ({ ask }) => order.push((await ask('a')).step),
        y: async ({ ask }) => order.push((await ask('b')).step),
      });
      await context.ask(order[0] === 't1.1.y.1' ? 'c' : 'd');
    });
    const first = turn.run();
    await first.complete('t1.1.y.1');
    await first.complete('t1.1.x.1');
    await first.untilOpen('t1.2');
    first.leave();
    const second = turn.run();
    await second.untilOpen('t1.2');
    expect(heard[1]).toEqual(heard[0]);
    expect(heard[0]).toEqual(['t1.1.y.1', 't1.1.x.1']);
  });

  it('has the same time and the same random numbers', async () => {
    const seen: number[][] = [];
    const turn = new Turn(async ({ now, random, ask }) => {
      const numbers = [now(), random()];
      seen.push(numbers);
      await ask('a');
      numbers.push(now());
      await ask('b');
    });
    const first = turn.run();
    await first.complete('t1.3');
    await first.untilOpen('t1.5');
    first.leave();
    await turn.run().untilOpen('t1.5');
    expect(seen[1]).toEqual(seen[0]);
  });

  it('starts nothing of what it had left running when it came to its end', async () => {
    const turn = new Turn(async ({ ask }) => {
      void ask('a');
      await ask('b');
    });
    const first = turn.run();
    await first.complete('t1.2');
    await first.ended;
    first.leave();
    await expect(turn.run().ended).resolves.toEqual({ status: 'completed', last: false });
    expect(turn.started).toEqual(['t1.1', 't1.2']);
  });

  it('hears of a failure as it did before', async () => {
    const failures: unknown[] = [];
    const turn = new Turn(async ({ ask, settle }) => {
      await ask('a').catch((error: unknown) => failures.push(error));
      await settle('b');
    });
    const first = turn.run();
    await first.fail('t1.1');
    await first.untilOpen('t1.2');
    first.leave();
    await turn.run().untilOpen('t1.2');
    const [one, two] = failures;
    expect(two).toBeInstanceOf(AgentFailed);
    expect((two as AgentFailed).outcome).toEqual((one as AgentFailed).outcome);
  });

  it.each<[string, Team]>([
    [
      'asks somebody else',
      async ({ ask }) => {
        await ask('b');
      },
    ],
    ['asks nobody', async () => undefined],
    [
      'pauses instead',
      async ({ sleep }) => {
        await sleep(1);
      },
    ],
  ])('ends with team_changed if it now %s', async (_what, other) => {
    let team: Team = async ({ ask }) => {
      await ask('a');
    };
    const turn = new Turn((context) => team(context));
    const first = turn.run();
    await first.complete('t1.1');
    first.leave();
    team = other;
    await expect(turn.run().ended).rejects.toMatchObject({
      code: 'team_changed',
      message: expect.stringContaining('"ask a"') as unknown,
    });
  });
});
