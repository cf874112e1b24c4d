import { describe, expect, it } from '@jest/globals';
import { sequence } from '../../../activities/teams/sequence.ts';
import type { TeamContext } from '../../../activities/teams/team.ts';
import { TurnJournal } from '../../../activities/turn/journal.ts';
import { EMPTY_JOURNAL, LIMITS, type JournalEntry } from '../../../src/contracts/index.ts';
import { Turn } from './driver.ts';

async function nest({ parallel: branches }: TeamContext, depth: number): Promise<void> {
  if (depth > 0) await branches({ x: (inner) => nest(inner, depth - 1) });
}

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
    const turn = new Turn(async ({ sleep }) => {
      await sleep(60_000);
    });
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

  it('is not suspended before the team has acted upon all that it was answered', async () => {
    // However many turns of the microtask queue after the answer the other step pauses.
    for (let turns = 0; turns < 12; turns += 1) {
      const run = new Turn(async ({ parallel: branches }) => {
        await branches({
          x: ({ ask }) => ask('a'),
          y: async ({ ask }) => {
            await ask('b');
            await ask('c');
          },
        });
      }).run();
      await run.untilOpen('t1.1.x.1', 't1.1.y.1');
      await run.complete('t1.1.y.1');
      for (let n = 0; n < turns; n += 1) await Promise.resolve();
      run.pause('t1.1.x.1');
      await run.untilOpen('t1.1.x.1', 't1.1.y.2');
      const still = Promise.resolve('still running');
      await expect(Promise.race([run.ended, still])).resolves.toBe('still running');
      await run.complete('t1.1.y.2');
      await expect(run.ended).resolves.toMatchObject({ status: 'suspended', waits: [{ path: '1.x.1' }] });
    }
  });

  it('yields when its only open step pauses and another one must not begin', async () => {
    const run = new Turn(async ({ parallel: branches }) => {
      await branches({
        x: ({ ask }) => ask('a'),
        y: async ({ ask }) => {
          await ask('b');
          await ask('c');
        },
      });
    }).run();
    await run.untilOpen('t1.1.x.1', 't1.1.y.1');
    run.pause('t1.1.x.1');
    run.yieldSoon();
    await run.complete('t1.1.y.1');
    await expect(run.ended).resolves.toEqual({ status: 'yielded' });
    expect(run.open).toEqual(['t1.1.x.1']);
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
  it('ends after so many calls, those of earlier attempts counted once', () => {
    const entry = (n: number): JournalEntry => ({ path: `${n}`, kind: 'now', key: '', outcome: n });
    const since = Array.from({ length: LIMITS.journalEntries - 1 }, (_, n) => entry(n));
    const journal = new TurnJournal(EMPTY_JOURNAL, since);
    journal.add(entry(LIMITS.journalEntries));
    expect(() => journal.add(entry(LIMITS.journalEntries + 1))).toThrow('calls');
  });

  it.each([
    ['nests its branches too deep', async (context: TeamContext) => nest(context, 12), 'branch here'],
    [
      'pauses for ever',
      async ({ sleep }: TeamContext) => {
        await sleep(Infinity);
      },
      'Infinity ms',
    ],
  ])('fails with team_failed if it %s', async (_what, team, message) => {
    await expect(new Turn(team).run().ended).rejects.toMatchObject({
      code: 'team_failed',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('fails with team_failed when its code throws, and with agent_unknown for an agent that is not there', async () => {
    const thrown = new Turn(() => Promise.reject(new TypeError('x is undefined'))).run();
    await expect(thrown.ended).rejects.toMatchObject({ code: 'team_failed' });
    const unknown = new Turn(async ({ ask }) => {
      await ask('nobody');
    }).run();
    await expect(unknown.ended).rejects.toMatchObject({ code: 'agent_unknown' });
  });
});
