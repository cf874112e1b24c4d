/** Several steps of a turn at once: each streams, fails and ends by itself, and the team hears of them in one order. */
import { describe, expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { endsStep, LIMITS } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { COMPLETED, texts, types, useScene, type Execution } from '../scene.ts';
import { busy, Cast, INFO, refusal, through, type Puppet } from '../support.ts';

const scene = useScene();

const X = 't1.1.x.1';
const Y = 't1.1.y.1';
const Z = 't1.1.z.1';

/** Asks a, b and c at once; `heard` gets their steps in the order in which the team hears of them. */
function trio(heard: string[] = []): Team {
  return async ({ parallel }) => {
    await parallel({
      x: async ({ ask }) => heard.push((await ask('a')).step),
      y: async ({ ask }) => heard.push((await ask('b')).step),
      z: async ({ ask }) => heard.push((await ask('c')).step),
    });
  };
}

async function allSpeak(cast = scene.cast): Promise<void> {
  cast.of('a').say('a1 ');
  cast.of('b').say('b1 ');
  cast.of('c').say('c1 ');
  await scene.streamed('a1 ', X);
  await scene.streamed('b1 ', Y);
  await scene.streamed('c1 ', Z);
}

/** Resolves once the end of the step is durable. */
const durable = (turn: Execution, count: number): Promise<void> =>
  eventually(`${count} ends are durable`, () => turn.channel.last?.entries.length === count);

describe('steps side by side', () => {
  test('stream side by side, and end in their own time', async () => {
    const turn = scene.execute({ team: trio() });
    await allSpeak();
    scene.cast.of('b').end('b2');
    await scene.until('step.completed');
    scene.cast.of('a').say('a2 ');
    await scene.streamed('a1 a2 ', X);
    scene.cast.of('c').end('c2');
    scene.cast.of('a').end('a3');
    const { status } = await turn.result;
    expect(status).toBe('done');
    expect(texts(await scene.logged())).toEqual({ [X]: 'a1 a2 a3', [Y]: 'b1 b2', [Z]: 'c1 c2' });
  });

  test('see what was said before the branching and not each other; after it all is seen', async () => {
    const turn = scene.execute({
      team: async ({ ask, parallel }) => {
        await ask('c');
        await parallel({ x: (branch) => branch.ask('a'), y: (branch) => branch.ask('b') });
        return { agent: 'c' };
      },
    });
    scene.cast.of('c').end('first');
    scene.cast.of('b').end('from b');
    await scene.until('step.completed', 2);
    scene.cast.of('a').end('from a');
    scene.cast.of('c').end('last');
    await turn.result;
    const shown = (name: string): unknown[] =>
      scene.cast.of(name).requests.map(({ conversation }) => conversation.map(({ text }) => text));
    expect(shown('a')).toEqual([['hello', 'first']]);
    expect(shown('b')).toEqual([['hello', 'first']]);
    expect(shown('c')[1]).toEqual(['hello', 'first', 'from a', 'from b']);
  });

  test('are heard in the order of the journal, however long an end takes to be shown', async () => {
    const heard: string[] = [];
    const slow = Promise.withResolvers<undefined>();
    const turn = scene.execute({
      team: trio(heard),
      log: (log) =>
        through(log, {
          commit: async (ref, input) => {
            if (input.step === Y) await slow.promise;
            return log.commit(ref, input);
          },
        }),
    });
    scene.cast.of('b').end('b');
    await durable(turn, 1);
    scene.cast.of('a').end('a');
    scene.cast.of('c').end('c');
    await scene.until('step.completed', 2);
    expect(texts(await scene.logged())).toEqual({ [X]: 'a', [Z]: 'c' });
    expect(heard).toEqual([]);
    slow.resolve(undefined);
    const { entries } = await turn.result;
    const order = entries.map(({ path }) => `t1.${path}`);
    expect(order[0]).toBe(Y);
    expect(heard).toEqual(order);
  });

  test('are each fenced by themselves: a newer execution takes all of them over', async () => {
    const old = scene.execute({ team: trio() });
    await allSpeak();
    scene.cast.of('b').end('b2');
    await scene.until('step.completed');
    // Frozen, not dead: its heartbeats are not answered, its agents speak on.
    old.channel.hang();
    const cast = new Cast();
    const young = scene.retry(old, { team: trio(), cast });
    await eventually('the newer one speaks', () => cast.requests.length === 2);
    scene.cast.of('a').say('never seen');
    scene.cast.of('c').say('never seen');
    await eventually('both agents of the old one are stopped', () =>
      ['a', 'c'].every((name) => scene.cast.of(name).requests[0]!.signal.aborted),
    );
    cast.of('a').end('new a');
    cast.of('c').end('new c');
    await young.result;
    expect(texts(await scene.logged())).toEqual({ [X]: 'new a', [Y]: 'b1 b2', [Z]: 'new c' });
    old.channel.release();
    await expect(old.result).rejects.toMatchObject({ kind: 'superseded' });
  });

  test('one that fails costs the others nothing', async () => {
    const turn = scene.execute({ team: trio() });
    await allSpeak();
    scene.cast.of('a').fail(refusal());
    scene.cast.of('b').fail(busy(0));
    await scene.until('step.restarted');
    scene.cast.of('b').end('b again');
    scene.cast.of('c').end('c2');
    await turn.result;
    const events = await scene.logged();
    expect(texts(events)).toEqual({ [Y]: 'b again', [Z]: 'c1 c2' });
    expect(events.at(-1)).toMatchObject({ type: 'turn.completed' });
  });
});

describe('a log that is lost with two open steps and an ended one', () => {
  test('has all facts again, in order, and every text is whole', async () => {
    const turn = scene.execute({ team: trio() });
    await allSpeak();
    scene.cast.of('b').end('b2');
    await scene.until('step.completed');
    const before = await scene.logged();
    await scene.server.flush();
    scene.cast.of('c').say('c2 ');
    await scene.streamed('c1 c2 ', Z);
    const rebuilt = await scene.logged();
    expect(rebuilt.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(rebuilt.find(({ type }) => type === 'step.completed')).toEqual(
      before.find(({ type }) => type === 'step.completed'),
    );
    scene.cast.of('a').say('a2 ');
    await scene.streamed('a1 a2 ', X);
    scene.cast.of('a').end('a3');
    scene.cast.of('c').end('c3');
    const { report } = await turn.result;
    const events = await scene.logged();
    expect(texts(events)).toEqual({ [X]: 'a1 a2 a3', [Y]: 'b1 b2', [Z]: 'c1 c2 c3' });
    expect(types(events).filter((type) => !endsStep(type))).toEqual([
      ...COMPLETED.slice(0, 4),
      'step.started',
      'step.started',
      'turn.completed',
    ]);
    // What is reported stands where it is told to stand.
    const places = new Map(events.map(({ id, seq }) => [id, seq]));
    for (const { id, seq } of report.events) expect([id, seq]).toEqual([id, places.get(id)]);
    expect(report.events).toHaveLength(7);
    expect(report.position.seq).toBe(events.length);
    expect(scene.cast.requests).toHaveLength(3);
  });

  test('is built anew by all of them at once, once', async () => {
    const turn = scene.execute({ team: trio() });
    await allSpeak();
    await scene.server.flush();
    for (const name of ['a', 'b', 'c']) scene.cast.of(name).end('2');
    await turn.result;
    const events = await scene.logged();
    expect(texts(events)).toEqual({ [X]: 'a1 2', [Y]: 'b1 2', [Z]: 'c1 2' });
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(types(events)).not.toContain('step.restarted');
  });
});

describe('more than an activity may hold', () => {
  // Three bytes a character: three such steps fit into what an activity may hold.
  const most = '語'.repeat(LIMITS.stepChars);
  const names = ['s1', 's2', 's3', 's4', 's5', 's6'];
  const wide: Team = async ({ parallel }) => {
    await parallel(Object.fromEntries(names.map((name) => [name, ({ ask }) => ask(name)])));
  };

  test.each<[string, (agent: Puppet) => void, string]>([
    ['said to the end', (agent) => agent.end(), 'agent_output_too_large'],
    ['said before a failure', (agent) => agent.fail(refusal()), 'agent_refused'],
  ])('%s side by side never gets into one heartbeat, and no step is lost for it', async (_, end, code) => {
    scene.open({ ...INFO, agents: names.map((name) => ({ name, runner: 'scripted' })) });
    const turn = scene.execute({ team: wide });
    for (const name of names) {
      scene.cast.of(name).say(most);
      scene.cast.of(name).count(3, 2);
      end(scene.cast.of(name));
    }
    const { status, entries, report } = await turn.result;
    expect(status).toBe('done');
    expect(entries).toHaveLength(6);
    const ends = (await scene.logged()).filter(({ type }) => endsStep(type));
    expect(ends).toHaveLength(6);
    const whole = ends.filter(({ data }) => 'text' in data && data.text === most);
    expect(whole).toHaveLength(3);
    const failed = ends.filter(({ type }) => type === 'step.failed');
    expect(failed).toHaveLength(code === 'agent_refused' ? 6 : 3);
    for (const event of failed) {
      expect(event).toMatchObject({ data: { code, usage: { inputTokens: 3, outputTokens: 2 } } });
    }
    const kept = LIMITS.turnFactsMostBytes + 6 * 4_000;
    const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
    for (const { facts } of turn.channel.sent) expect(bytes(facts)).toBeLessThan(kept);
    expect(bytes(report)).toBeLessThan(kept);
  });
});
