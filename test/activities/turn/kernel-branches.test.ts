/** Branches under a rule, teams in teams, and what a team says itself. */
import { describe, expect, it } from '@jest/globals';
import type { Team, TeamContext } from '../../../activities/teams/team.ts';
import { Turn } from './driver.ts';

const statuses = (settled: Readonly<Record<string, { readonly status: string }>>): string[] =>
  Object.values(settled).map(({ status }) => status);

/** Asks a, b and c at once under a rule; `heard` gets how they came out. */
function trio(rule: Parameters<TeamContext['parallel']>[1], heard: string[][]): Team {
  return async ({ parallel }) => {
    const branches = { x: 'a', y: 'b', z: 'c' };
    const asks = Object.entries(branches).map(([name, agent]) => [
      name,
      ({ ask }: TeamContext) => ask(agent),
    ]);
    heard.push(statuses(await parallel(Object.fromEntries(asks), rule)));
    return { agent: 'd' };
  };
}

describe('branches under a rule', () => {
  it('are cancelled when one has completed; what was said in time is seen', async () => {
    const heard: string[][] = [];
    const turn = new Turn(trio({ until: 'any' }, heard));
    const run = turn.run();
    await run.fail('t1.1.x.1');
    await run.complete('t1.1.z.1');
    await run.untilOpen('t1.2');
    expect(heard).toEqual([['failed', 'cancelled', 'completed']]);
    expect(turn.withdrawn).toEqual(['t1.1.y.1']);
    expect(run.sees('t1.2')).toEqual(['t1.1.x.1', 't1.1.z.1']);
  });

  it('are cancelled when a quorum is there', async () => {
    const heard: string[][] = [];
    const turn = new Turn(trio({ until: 2 }, heard));
    const run = turn.run();
    await run.complete('t1.1.z.1');
    await run.complete('t1.1.x.1');
    await run.untilOpen('t1.2');
    expect(heard).toEqual([['completed', 'cancelled', 'completed']]);
  });

  it('all end if the rule cannot be met', async () => {
    const heard: string[][] = [];
    const turn = new Turn(trio({ until: 'any' }, heard));
    const run = turn.run();
    for (const branch of ['x', 'y', 'z']) await run.fail(`t1.1.${branch}.1`);
    await run.untilOpen('t1.2');
    expect(heard).toEqual([['failed', 'failed', 'failed']]);
    expect(turn.withdrawn).toEqual([]);
  });

  it('are decided alike in every run: a loser that the journal has does not count, one that it has not is ended', async () => {
    const heard: string[][] = [];
    const turn = new Turn(trio({ until: 'any' }, heard));
    const first = turn.run();
    await first.untilOpen('t1.1.x.1', 't1.1.y.1', 't1.1.z.1');
    // Both are in the journal before the team hears of the first.
    await Promise.all([first.complete('t1.1.x.1'), first.complete('t1.1.y.1')]);
    first.leave();
    const second = turn.run();
    await second.untilOpen('t1.2');
    expect(heard.at(-1)).toEqual(['completed', 'cancelled', 'cancelled']);
    expect(turn.withdrawn.filter((step) => step === 't1.1.z.1').length).toBeGreaterThan(0);
    expect(second.sees('t1.2')).toEqual(['t1.1.x.1']);
    await second.complete('t1.2');
    await expect(second.ended).resolves.toEqual({ status: 'completed', last: true });
  });

  it.each([
    [{ until: 0 }, '0 of 3 branches cannot be waited for.'],
    [{ until: 4 }, '4 of 3 branches cannot be waited for.'],
    [{ timeoutMs: NaN }, 'Branches cannot be given NaN ms.'],
  ])('need a rule that can be met: %j', async (rule, message) => {
    const run = new Turn(trio(rule, [])).run();
    await expect(run.ended).rejects.toMatchObject({ code: 'team_failed', message });
  });
});

describe('a team in a team', () => {
  const inner: Team<{ readonly first?: string }> = async ({ ask, options }) => {
    await ask(options.first ?? 'a');
    return { agent: 'b' };
  };

  it('has paths and options of its own, and its last word is not the turn’s', async () => {
    const said: unknown[] = [];
    const run = new Turn(async (context) => {
      said.push((await context.run(inner, { first: 'c' }))?.text);
      await context.ask('d');
    }).run();
    await run.complete('t1.1.1');
    await run.untilOpen('t1.1.2');
    expect([run.sees('t1.1.2'), run.isLast('t1.1.2')]).toEqual([['t1.1.1'], false]);
    await run.complete('t1.1.2', 'the last');
    await run.untilOpen('t1.2');
    expect(said).toEqual(['the last']);
    expect(run.sees('t1.2')).toEqual(['t1.1.1', 't1.1.2']);
  });

  it('fails like an agent', async () => {
    const run = new Turn(async (context) => {
      await context.run(inner).catch(() => context.ask('d'));
    }).run();
    await run.fail('t1.1.1');
    await run.untilOpen('t1.2');
    expect(run.sees('t1.2')).toEqual(['t1.1.1']);
  });
});

describe('what a team says itself', () => {
  it('is a step, as an agent or as the team', async () => {
    const turn = new Turn(async ({ say }) => {
      await say('Welcome.');
      await say('I begin.', 'b');
    });
    const run = turn.run();
    await run.complete('t1.1', 'Welcome.');
    await run.complete('t1.2', 'I begin.');
    await run.ended;
    run.leave();
    expect(turn.journal.entries).toMatchObject([
      { path: '1', kind: 'say', key: 'team' },
      { path: '2', kind: 'say', key: 'b' },
    ]);
  });

  it('cannot change when its code runs again', async () => {
    let text = 'one';
    const turn = new Turn(({ say }) => say(text));
    const first = turn.run();
    await first.complete('t1.1', 'one');
    first.leave();
    text = 'other';
    const message = 'At 1 of the turn the team said something else before.';
    await expect(turn.run().ended).rejects.toMatchObject({ code: 'team_changed', message });
  });

  it.each([
    ['', undefined, 'team_failed'],
    ['hello', 'nobody', 'agent_unknown'],
  ])('needs words, and a speaker of the session: %j as %s', async (text, as, code) => {
    await expect(new Turn(({ say }) => say(text, as)).run().ended).rejects.toMatchObject({ code });
  });
});

it('tells the team what it answers', async () => {
  const heard: unknown[] = [];
  await new Turn(async ({ turn }) => {
    heard.push(turn);
  }).run().ended;
  expect(heard).toEqual([{ id: 't1', messages: [{ id: 'm1', text: 'hello' }] }]);
});
