import { describe, expect, it } from '@jest/globals';
import { parallel } from '../../../activities/teams/parallel.ts';
import { sequence } from '../../../activities/teams/sequence.ts';
import { AgentFailed, type Team } from '../../../activities/teams/team.ts';
import { LIMITS } from '../../../src/contracts/index.ts';
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
    ['asks somebody else', async ({ ask }) => void (await ask('b'))],
    ['asks nobody', async () => undefined],
    ['pauses instead', async ({ sleep }) => void (await sleep(1))],
  ])('ends with team_changed if it now %s', async (_what, other) => {
    let team: Team = async ({ ask }) => void (await ask('a'));
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

describe('a run that is left', () => {
  it('is suspended when nothing but a pause is left, and goes on after it', async () => {
    const turn = new Turn(async ({ ask, sleep }) => {
      await ask('a');
      await sleep(60_000);
      await ask('b');
    });
    const first = turn.run();
    await first.complete('t1.1');
    const end = await first.ended;
    expect(end).toMatchObject({ status: 'suspended', waits: [{ path: '2', kind: 'sleep', key: '60000' }] });
    first.leave();
    if (end.status === 'suspended') turn.wake(end.waits);
    const second = turn.run();
    await second.untilOpen('t1.3');
    expect(turn.started).toEqual(['t1.1', 't1.3']);
  });

  it('keeps the end of a pause over runs that end before it', async () => {
    const turn = new Turn(async ({ sleep }) => void (await sleep(60_000)));
    const ends = [];
    for (let runs = 0; runs < 3; runs += 1) {
      const run = turn.run();
      const end = await run.ended;
      if (end.status === 'suspended') ends.push(end.waits[0]?.until);
      run.leave();
      turn.time += 1_000;
    }
    expect(new Set(ends).size).toBe(1);
  });

  it('is not suspended while a step of another branch runs', async () => {
    const turn = new Turn(async ({ parallel: branches }) => {
      await branches({ x: ({ sleep }) => sleep(60_000), y: ({ ask }) => ask('a') });
    });
    const run = turn.run();
    await run.untilOpen('t1.1.y.1');
    await run.complete('t1.1.y.1');
    await expect(run.ended).resolves.toMatchObject({ status: 'suspended' });
  });

  it('yields between steps, not in one', async () => {
    const run = new Turn(sequence).run();
    await run.untilOpen('t1.1');
    run.yieldSoon();
    expect(run.open).toEqual(['t1.1']);
    await run.complete('t1.1');
    await expect(run.ended).resolves.toEqual({ status: 'yielded' });
  });
});

describe('a team that goes too far', () => {
  it('ends after so many steps', async () => {
    const turn = new Turn(async ({ settle }) => {
      for (;;) await settle('a');
    });
    const run = turn.run();
    const asking = (async () => {
      for (let step = 1; step <= LIMITS.turnSteps; step += 1) await run.complete(`t1.${step}`);
    })();
    await expect(run.ended).rejects.toMatchObject({ code: 'turn_too_long' });
    await asking;
  });

  it('fails with team_failed when its code throws, and with agent_unknown for an agent that is not there', async () => {
    const thrown = new Turn(() => Promise.reject(new TypeError('x is undefined'))).run();
    await expect(thrown.ended).rejects.toMatchObject({ code: 'team_failed' });
    const unknown = new Turn(async ({ ask }) => void (await ask('nobody'))).run();
    await expect(unknown.ended).rejects.toMatchObject({ code: 'agent_unknown' });
  });
});
