/** Who takes part, as a team that asks is told it: the same when its code runs again. */
import { describe, expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import {
  LIMITS,
  openingRoster,
  type AgentSpec,
  type EventDraft,
  type Member,
  type Roster,
} from '../../../src/contracts/index.ts';
import { useScene } from '../scene.ts';
import { INFO, through } from '../support.ts';
import { Turn } from './driver.ts';

const agent = (name: string): AgentSpec => ({ name, runner: 'scripted' });
const active = (members: readonly Member[]): string[] =>
  members.filter(({ status }) => status === 'active').map(({ name }) => name);

/** Of agents that are all active, and what becomes of some of them. */
function roster(
  revision: number,
  names: readonly string[],
  status: Record<string, 'paused' | 'left'> = {},
): Roster {
  const opening = openingRoster(names.map(agent));
  const members = opening.members.map((member): Member => ({
    ...member,
    status: status[member.name] ?? member.status,
  }));
  const agents = opening.agents.filter(({ name }) => status[name] !== 'left');
  return { revision, members, agents };
}

/** Asks whoever comes last, twice. */
const lastOfAll: Team = async ({ members, ask }) => {
  await ask(active(await members()).at(-1) ?? '');
  await ask(active(await members()).at(-1) ?? '');
};

describe('a team that asks for the members', () => {
  test('is told the same when its code runs again, whatever has become of them', async () => {
    const turn = new Turn(lastOfAll);
    turn.roster = roster(1, ['a', 'b', 'c', 'd', 'e']);
    const first = turn.run();
    await first.complete('t1.2');
    turn.roster = roster(2, ['a', 'b', 'c', 'd', 'e'], { e: 'left', d: 'paused' });
    await first.untilOpen('t1.4');
    first.leave();
    turn.roster = roster(3, ['a']);
    const second = turn.run();
    await second.complete('t1.4');
    await expect(second.ended).resolves.toMatchObject({ status: 'completed' });
    expect(turn.started).toEqual(['t1.2', 't1.4', 't1.4']);
  });

  test('costs the journal the agents alone that are new, and each revision once', async () => {
    const turn = new Turn(async ({ members }) => {
      for (let n = 0; n < 4; n += 1) await members();
    });
    const run = turn.run();
    turn.roster = roster(1, ['a', 'b', 'c', 'd', 'e']);
    await run.ended;
    run.leave();
    const { entries } = turn.journal;
    expect(entries.map(({ kind, outcome }) => [kind, outcome])).toEqual(Array(4).fill(['members', 1]));
    expect(entries.map((entry) => entry.roster?.agents)).toEqual([
      [agent('e')],
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('may ask an agent that left after the turn began, and none that it was not told of', async () => {
    const turn = new Turn(async ({ ask, agents, absent }) => {
      expect([agents.map(({ name }) => name), absent]).toEqual([['a', 'b', 'c', 'd'], []]);
      await ask('a');
      await ask('e');
    });
    turn.roster = roster(1, ['a', 'b', 'c', 'd', 'e'], { a: 'left' });
    const run = turn.run();
    await run.complete('t1.1');
    await expect(run.ended).rejects.toMatchObject({ code: 'agent_unknown' });
  });

  test('is told only so much in one turn', async () => {
    const turn: Turn = new Turn(async ({ members }) => {
      for (let revision = 1; ; revision += 1) {
        const big = { ...agent('e'), instructions: `${revision}${'x'.repeat(LIMITS.rosterChars / 2)}` };
        const { members: all, agents } = roster(revision, ['a', 'e']);
        turn.roster = { revision, members: all, agents: [agents[0]!, big] };
        await members();
      }
    });
    await expect(turn.run().ended).rejects.toMatchObject({ code: 'turn_too_long' });
  });
});

describe('on a real log', () => {
  const scene = useScene();
  const change = (next: Roster, name: string): EventDraft => ({
    id: `session:members:${next.revision}`,
    type: 'session.members',
    at: 1,
    data: { ...next, name, change: 'joined' },
  });

  async function append(draft: EventDraft): Promise<void> {
    const slice = await scene.server.log.read(scene.ref, { limit: 0 });
    const reply = await scene.server.log.append(scene.ref, { known: slice!.position, drafts: [draft] });
    expect(reply.status).toBe('ok');
  }

  test('a change counts once the team asks; a killed worker’s successor is told what that was told', async () => {
    scene.open({ ...INFO, agents: [agent('a'), agent('b')] });
    const team: Team = async ({ ask, members }) => {
      await ask('a');
      for (const name of active(await members()).slice(1)) await ask(name);
    };
    const first = scene.execute({ team });
    await scene.until('step.started');
    await append(change(roster(1, ['a', 'b', 'c'], { b: 'paused' }), 'c'));
    scene.agent.end('one');
    scene.cast.of('c').say('three');
    await scene.streamed('three', 't1.3');
    await first.kill();
    await append(change(roster(2, ['a', 'b', 'c', 'd'], { c: 'left' }), 'd'));
    const second = scene.retry(first, { team });
    await scene.until('step.restarted');
    scene.cast.of('c').end('three');
    expect((await second.result).status).toBe('done');
    const spoke = (await scene.logged()).filter(({ type }) => type === 'step.completed');
    expect(spoke.map((event) => event.agent)).toEqual(['a', 'c']);
  });

  test('a turn starts with the members that it is given, and a log that is behind does not undo them', async () => {
    const given = roster(5, ['a', 'b', 'c'], { a: 'paused' });
    const turn = scene.execute({
      team: async ({ members, agents, absent }) => {
        expect([active(await members()), agents.map(({ name }) => name), absent]).toEqual([
          ['b', 'c'],
          ['b', 'c'],
          ['a'],
        ]);
        return { agent: 'c' };
      },
      input: { roster: given },
    });
    scene.cast.of('c').end('three');
    expect((await turn.result).status).toBe('done');
    expect((await scene.logged()).at(-1)).toMatchObject({ type: 'turn.completed' });
  });

  test('a turn of quick agents is told those that it started with, without looking', async () => {
    let reads = 0;
    const turn = scene.execute({
      local: true,
      log: (log) =>
        through(log, {
          read: (ref, query) => {
            reads += 1;
            return log.read(ref, query);
          },
        }),
      team: async ({ members }) => ({ agent: active(await members())[0]! }),
    });
    scene.agent.end('one');
    await turn.result;
    expect(reads).toBe(0);
  });
});
