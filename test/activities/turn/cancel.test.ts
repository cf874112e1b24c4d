/** A turn that somebody ends: at once, once, and with what was said so far. */
import { describe, expect, test } from '@jest/globals';
import { endsStep, endsTurn, START } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { types, useScene } from '../scene.ts';

const scene = useScene();

describe('a cancel', () => {
  test('that stands in the log stops the agent at its next word', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    await scene.streamed('half');
    const { position } = (await scene.server.log.read(scene.ref, { limit: 1 }))!;
    const reason = 'cancelled on request';
    const end = { at: 5, cause: 'm1', type: 'step.cancelled' as const, data: { reason } };
    await scene.server.log.append(scene.ref, {
      known: position,
      drafts: [{ id: 'turn:t1:end', type: 'turn.cancelled', at: 5, turn: 't1', data: { reason } }],
      closes: { turn: 't1', end },
    });
    scene.agent.say(' never seen');
    const { status, report, entries } = await turn.result;
    expect({ status, entries }).toEqual({ status: 'cancelled', entries: [] });
    expect(report.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['step.cancelled', 'turn.cancelled']),
    );
    expect((await scene.logged()).slice(-2)).toMatchObject([
      { type: 'step.cancelled', data: { text: 'half' } },
      { type: 'turn.cancelled' },
    ]);
    expect(scene.agent.requests[0]!.signal.aborted).toBe(true);
  });

  test('beats an end that comes after it', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    await scene.streamed('half');
    turn.channel.hang();
    scene.agent.end();
    await eventually('the end is on its way', () =>
      turn.channel.sent.some(({ entries }) => entries.length === 1),
    );
    const { position } = (await scene.server.log.read(scene.ref, { limit: 1 }))!;
    const data = { reason: 'cancelled on request' };
    await scene.server.log.append(scene.ref, {
      known: position,
      drafts: [{ id: 'turn:t1:end', type: 'turn.cancelled', at: 5, turn: 't1', data }],
      closes: { turn: 't1', end: { at: 5, type: 'step.cancelled', data } },
    });
    turn.channel.release();
    const { status, report } = await scene.back(turn);
    expect(status).toBe('cancelled');
    const ends = types(await scene.logged()).filter((type) => endsStep(type) || endsTurn(type));
    expect(ends).toEqual(['step.cancelled', 'turn.cancelled']);
    expect(report.events.map(({ type }) => type)).not.toContain('step.completed');
    expect(scene.pending).toEqual([]);
  });

  test('that the server tells stops the agent at once, and shows nothing', async () => {
    const turn = scene.execute();
    scene.agent.say('half');
    await scene.streamed('half');
    turn.channel.answer = 'cancelled';
    const { status, open } = await turn.result;
    expect(status).toBe('cancelled');
    expect(Object.keys(open)).toEqual(['t1.1']);
    expect(scene.agent.requests[0]!.signal.aborted).toBe(true);
    expect(types(await scene.logged()).some((type) => endsStep(type) || endsTurn(type))).toBe(false);
  });

  test('of a turn that has not begun lets none of its agents speak', async () => {
    const end = {
      id: 'turn:t1:end',
      type: 'turn.cancelled',
      at: 5,
      turn: 't1',
      data: { reason: 'x' },
    } as const;
    await scene.server.log.append(scene.ref, { known: START, drafts: [...scene.pending, end] });
    const { status } = await scene.execute().result;
    expect(status).toBe('cancelled');
    expect(scene.cast.requests).toEqual([]);
  });
});
