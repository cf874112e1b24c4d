/** Branches that are not needed any more: their steps end in the log, whoever dies in between, and what they still say does not count. */
import { describe, expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { eventually } from '../../support/process.ts';
import { texts, types, useScene } from '../scene.ts';
import { busy, Cast, INFO, through } from '../support.ts';

const scene = useScene();

const X = 't1.1.x.1';
const Y = 't1.1.y.1';

const first: Team = async ({ parallel }) => {
  await parallel({ x: ({ ask }) => ask('a'), y: ({ ask }) => ask('b') }, { until: 'any' });
  return { agent: 'c' };
};

const cancelled = async (): Promise<unknown[]> =>
  (await scene.logged())
    .filter(({ type }) => type === 'step.cancelled')
    .map(({ step, data }) => ({ step, data }));

const NOT_NEEDED = {
  step: Y,
  data: {
    reason: { code: 'branch_not_needed', message: 'The other branches have said enough.' },
    text: 'half ',
  },
};

async function bothSpeak(): Promise<void> {
  scene.cast.of('a').say('a ');
  scene.cast.of('b').say('half ');
  await scene.streamed('a ', X);
  await scene.streamed('half ', Y);
}

describe('a branch that is not needed any more', () => {
  test('is stopped, and its step ends with what it has said', async () => {
    const turn = scene.execute({ team: first });
    await bothSpeak();
    scene.cast.of('a').end('done');
    await scene.until('step.cancelled');
    expect(scene.cast.of('b').requests[0]!.signal.aborted).toBe(true);
    scene.cast.of('c').end('last');
    const { report } = await turn.result;
    expect(await cancelled()).toEqual([NOT_NEEDED]);
    expect(texts(await scene.logged())).toEqual({ [X]: 'a done', 't1.2': 'last' });
    expect(types(await scene.logged()).at(-1)).toBe('turn.completed');
    expect(report.events.map(({ type }) => type)).toContain('step.cancelled');
    expect(scene.cast.of('c').requests[0]!.conversation.map(({ text }) => text)).toEqual(['hello', 'a done']);
  });

  test('is stopped while it pauses', async () => {
    const turn = scene.execute({ team: first });
    scene.cast.of('b').fail(busy(60_000));
    await scene.until('step.waiting');
    scene.cast.of('a').end('done');
    scene.cast.of('c').end('last');
    expect((await turn.result).status).toBe('done');
    expect(await cancelled()).toMatchObject([{ step: Y }]);
  });

  test('is ended by the next worker if the first was killed before it could', async () => {
    const cut = scene.execute({
      team: first,
      log: (log) => through(log, { read: () => new Promise(() => undefined) }),
    });
    await bothSpeak();
    scene.cast.of('a').end('done');
    await eventually('the loser is stopped', () => scene.cast.of('b').requests[0]!.signal.aborted);
    await cut.kill();
    expect(await cancelled()).toEqual([]);
    const cast = new Cast();
    const turn = scene.retry(cut, { team: first, cast });
    cast.of('c').end('last');
    expect((await turn.result).status).toBe('done');
    expect(await cancelled()).toEqual([NOT_NEEDED]);
    expect(cast.of('a').requests).toEqual([]);
    expect(cast.of('b').requests).toEqual([]);
    expect(types(await scene.logged()).at(-1)).toBe('turn.completed');
  });

  test('does not count if it ends at the same time, in this run and in the next', async () => {
    const heard: string[][] = [];
    const team: Team = async ({ parallel, ask }) => {
      const both = await parallel({ x: (b) => b.ask('a'), y: (b) => b.ask('b') }, { until: 'any' });
      heard.push(Object.values(both).map(({ status }) => status));
      await ask('c');
    };
    const cut = scene.execute({ team });
    await bothSpeak();
    cut.channel.hang();
    scene.cast.of('a').end('1');
    scene.cast.of('b').end('2');
    await eventually('both ends are decided', () => cut.run.state.journal.added.length === 2);
    cut.channel.release();
    await eventually('the team has heard', () => heard.length === 1);
    await eventually('the next agent is asked', () => scene.cast.of('c').requests.length === 1);
    await cut.kill();
    const cast = new Cast();
    const turn = scene.retry(cut, { team, cast });
    cast.of('c').end('last');
    await turn.result;
    expect(heard[1]).toEqual(heard[0]);
    expect([...heard[0]!].sort()).toEqual(['cancelled', 'completed']);
    expect(await cancelled()).toEqual([]);
  });

  test('is ended when the branches’ time is over, and that is durable before', async () => {
    const team: Team = async ({ parallel }) => {
      await parallel({ y: ({ ask }) => ask('b') }, { timeoutMs: 50 });
    };
    const turn = scene.execute({ team });
    scene.cast.of('b').say('half ');
    await scene.until('step.cancelled');
    expect(turn.channel.last!.entries).toContainEqual({
      path: '1~',
      kind: 'sleep',
      key: '50',
      outcome: 'over',
    });
    expect((await turn.result).status).toBe('done');
    expect(await cancelled()).toMatchObject([{ data: { reason: { code: 'branch_timed_out' } } }]);
  });

  test('leaves a turn of quick agents that is run again at its answer', async () => {
    scene.open({ ...INFO, agents: INFO.agents.map((agent) => ({ ...agent, quick: true })) });
    const input = { causes: ['m1'] };
    const cut = scene.execute({ team: first, local: true, input });
    scene.cast.of('a').end('done');
    await scene.until('step.cancelled');
    await cut.kill();
    const cast = new Cast();
    const turn = scene.execute({ team: first, local: true, cast, input: { ...input, lead: [] } });
    cast.of('c').end('last');
    expect((await turn.result).status).toBe('done');
    expect(texts(await scene.logged())).toMatchObject({ [X]: 'done', 't1.2': 'last' });
  });
});

describe('a team', () => {
  test('says something itself, and everybody sees it', async () => {
    const turn = scene.execute({
      team: async ({ say, turn: { messages } }) => {
        await say(`${messages.length} message: ${messages[0]?.text}`, 'b');
        return { agent: 'a' };
      },
    });
    scene.agent.end('I see.');
    await turn.result;
    expect(texts(await scene.logged())).toEqual({ 't1.1': '1 message: hello', 't1.2': 'I see.' });
    expect(scene.agent.requests[0]!.conversation).toMatchObject([
      { text: 'hello' },
      { name: 'b', text: '1 message: hello' },
    ]);
  });

  test('reads the same messages when the turn goes on elsewhere', async () => {
    const heard: unknown[] = [];
    const team: Team = async ({ turn, ask, sleep }) => {
      heard.push(turn.messages);
      await ask('a');
      await sleep(60_000);
    };
    const one = scene.execute({ team });
    scene.agent.end('hm');
    await scene.back(one);
    scene.wake();
    await scene.execute({ team }).result;
    expect(heard).toEqual([[{ id: 'm1', text: 'hello' }], [{ id: 'm1', text: 'hello' }]]);
  });
});
