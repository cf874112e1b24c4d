/** Turns whose log is lost, away or of another life: the answer is whole, and the agent is asked once. */
import { describe, expect, test } from '@jest/globals';
import { TurnStopped } from '../../activities/turn/stops.ts';
import { ConvokeError, eventId, START, type EventDraft, type TurnResult } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { COMPLETED, texts, types, useScene } from './scene.ts';
import { busy, INFO, lead, through } from './support.ts';

const scene = useScene();

describe('when the log fails in the middle', () => {
  /** Says half, lets `fault` happen, says the rest. */
  async function interrupted(fault: () => Promise<void>): Promise<TurnResult> {
    const turn = scene.execute();
    scene.agent.say('one ');
    await scene.streamed('one ');
    await fault();
    scene.agent.say('three');
    scene.agent.end();
    return turn.result;
  }

  async function expectWhole({ status, report }: TurnResult): Promise<void> {
    expect(status).toBe('done');
    expect(report.events).toMatchObject([
      { type: 'step.started' },
      { type: 'step.completed', attempt: 1, data: { text: 'one two three' } },
      { type: 'turn.completed' },
    ]);
    expect(types(await scene.logged())).toEqual(COMPLETED);
    expect(scene.agent.requests).toHaveLength(1);
  }

  test('a lost log is built anew and the same attempt goes on', async () => {
    const result = await interrupted(async () => {
      await scene.server.flush();
      scene.agent.say('two ');
    });
    await expectWhole(result);
    expect(scene.source.asked).toBe(1);
  });

  test('a log that others have begun anew, without what the turn has said, is told all of it', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    await scene.streamed('half');
    await scene.server.flush();
    const cancelled: EventDraft = {
      ...{ id: eventId.turnEnded('t1'), type: 'turn.cancelled', at: 1, turn: 't1', cause: 'm1' },
      data: { reason: 'cancelled on request' },
    };
    const { log } = scene.server;
    await log.append(scene.ref, { known: START, drafts: [...lead().slice(0, 2), cancelled] });
    scene.agent.end(' of it');
    const { unplaced, report } = await scene.back(turn);
    expect(types(report.events)).toEqual(['turn.cancelled']);
    expect(unplaced.map(({ id }) => id)).toContain('step:t1.1:start');
  });

  test('of a log that others have begun anew it reports where what it had brought is now', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    await scene.streamed('half');
    await scene.server.flush();
    const { log } = scene.server;
    const other: EventDraft = { id: 'gap:9', type: 'session.recovered', at: 1, data: {} };
    const [created, ...rest] = lead();
    await log.append(scene.ref, { known: START, drafts: [created!, other, ...rest] });
    scene.agent.end(' of it');
    const { report } = await turn.result;
    const stored = await scene.logged();
    const seqs = lead().map(({ id }) => stored.find((event) => event.id === id)?.seq);
    expect(report.placed.map(({ seq }) => seq)).toEqual(seqs);
    expect(seqs).toEqual([1, 3, 4]);
  });

  test('another attempt is still told before what it said', async () => {
    const turn = scene.execute();
    scene.agent.say('half ');
    await scene.streamed('half ');
    scene.agent.fail(busy(0, 'Busy once.'));
    await scene.until('step.restarted');
    scene.agent.say('all ');
    await scene.streamed('all ');
    await scene.server.flush();
    scene.agent.end('of it');
    const { report } = await turn.result;
    const whole = ['step.started', 'step.restarted', 'step.completed', 'turn.completed'];
    expect(types(await scene.logged())).toEqual([...COMPLETED.slice(0, 3), ...whole]);
    expect(types(report.events)).toEqual(whole);
    expect(report.events.map(({ seq }) => seq)).toEqual([4, 5, 6, 7]);
  });

  test('a Redis that is away for a while, and comes back empty, is waited for', async () => {
    const result = await interrupted(async () => {
      await scene.server.redis.kill();
      scene.agent.say('two ');
      await scene.server.redis.start();
    });
    await expectWhole(result);
  });

  test('a workflow that cannot be asked for a moment is asked again: the agent is not to blame', async () => {
    const result = await interrupted(async () => {
      scene.source.fault = new ConvokeError('worker_unavailable');
      await scene.server.flush();
      scene.agent.say('two ');
      await eventually('it asks again', () => scene.source.asked === 2);
    });
    await expectWhole(result);
    expect(scene.source.asked).toBe(2);
  });

  test.each([
    ['while the agent speaks', true],
    ['when the agent has said all', false],
  ])("what goes wrong in the engine %s is not the agent's failure, nor the step's", async (_, more) => {
    const turn = scene.execute();
    scene.agent.say('one ');
    await scene.streamed('one ');
    scene.source.fault = new Error('only outside');
    await scene.server.flush();
    if (more) scene.agent.say('two ');
    else scene.agent.end();
    await expect(turn.result).rejects.toMatchObject({ message: 'only outside' });
    expect(turn.channel.last?.open['t1.1']?.failures ?? 0).toBe(0);
    expect(await scene.logged()).toEqual([]);
  });

  test.each<[string, Error]>([
    ['for ever', new Error('only outside')],
    ['for a moment', new ConvokeError('archive_unavailable')],
  ])('nor is what goes wrong %s before the agent is asked', async (_, fault) => {
    let reads = 0;
    // The worker has forgotten the session, and the log is lost before it can be read.
    const turn = scene.execute({
      log: (log) =>
        through(log, {
          begin: async (ref, input) => {
            const reply = await log.begin(ref, input);
            scene.source.fault = fault;
            return reply.status === 'begun' ? { ...reply, fresh: [] } : reply;
          },
          read: async () => {
            reads += 1;
            return null;
          },
        }),
    });
    scene.agent.end('said');
    if (fault instanceof ConvokeError) {
      expect((await turn.result).status).toBe('done');
      expect(texts(await scene.logged())).toEqual({ 't1.1': 'said' });
    } else {
      await expect(turn.result).rejects.toBe(fault);
      expect(types(await scene.logged()).at(-1)).toBe('step.started');
      expect(scene.agent.requests).toEqual([]);
    }
    expect(reads).toBeGreaterThan(0);
  });

  test('a message that is nowhere to be found fails the turn, once, with a code', async () => {
    const turn = scene.execute({ input: { causes: ['m-nobody-knows'] } });
    expect((await turn.result).status).toBe('done');
    expect((await scene.logged()).slice(-2)).toMatchObject([
      { type: 'turn.started' },
      { type: 'turn.failed', data: { code: 'context_incomplete' } },
    ]);
    expect(scene.agent.requests).toEqual([]);
  });

  test('a turn that waits for it can still be stopped', async () => {
    await scene.server.redis.kill();
    const turn = scene.execute();
    turn.run.stop(new TurnStopped('drained'));
    expect(await turn.result).toMatchObject({ status: 'yielded', entries: [] });
    await scene.server.redis.start();
    await eventually('Redis is back', async () => (await scene.server.log.heads([scene.ref]))[0] === null);
  });

  test('inside a workflow task it is not waited for', async () => {
    await scene.server.redis.kill();
    await expect(scene.execute({ local: true }).result).rejects.toMatchObject({ code: 'log_unavailable' });
    await scene.server.redis.start();
    await eventually('Redis is back', async () => (await scene.server.log.heads([scene.ref]))[0] === null);
  });
});

test('a log of another life than the workflow knew gets what the workflow holds before the agent reads it', async () => {
  const team: Parameters<typeof scene.execute>[0] = {
    team: async ({ ask }) => {
      await ask('a');
      return { agent: 'b' };
    },
  };
  const draining = new AbortController();
  const first = scene.execute({ ...team, draining: draining.signal });
  scene.agent.say('said ');
  await scene.streamed('said ');
  draining.abort();
  scene.agent.end('by a');
  const before = await scene.back(first);
  expect(before.status).toBe('yielded');
  const { epoch } = before.report.position;
  // Somebody built the log anew from what the workflow knew before that report.
  const events = (await scene.logged()).slice(0, 4);
  await scene.server.flush();
  await scene.server.log.rebuild(scene.ref, { expected: null, epoch: epoch + 1, info: INFO, events });
  const second = scene.execute(team);
  scene.cast.of('b').end('said by b');
  const { report } = await second.result;
  expect(scene.cast.of('b').requests[0]!.conversation.map((said) => said.text)).toEqual([
    'hello',
    'said by a',
  ]);
  expect(types(await scene.logged())).toEqual([
    ...COMPLETED.slice(0, 5),
    'step.started',
    'step.completed',
    'turn.completed',
  ]);
  expect(report.position.epoch).toBe(epoch + 1);
});
