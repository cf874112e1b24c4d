/** A turn as Temporal calls it, against a real Redis log. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CompleteAsyncError, type Info } from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
} from '@temporalio/client';
import type { ActivityCancellationDetails } from '@temporalio/common';
import { createActivities, type ActivityDeps } from '../../activities/index.ts';
import type { Archive } from '../../src/archive/index.ts';
import {
  ASK_OUTSIDE,
  EMPTY_JOURNAL,
  eventId,
  RECOVERY,
  START,
  type SessionActivities,
  type SessionInfo,
  type TurnInput,
} from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { ActivityServer } from './activity-server.ts';
import { COMPLETED, texts, types, useScene } from './scene.ts';
import { busy, Cast, INFO, lead } from './support.ts';

const scene = useScene();

let server = new ActivityServer();
beforeEach(() => {
  server = new ActivityServer();
});

function activitiesOf(cast: Cast, more: Partial<ActivityDeps> = {}): SessionActivities {
  const { source, server: redis } = scene;
  const archive = {} as Archive; // safety: a turn writes to none
  return createActivities({ log: redis.log, source, archive, runners: { scripted: cast }, ...more });
}

/** A session with one agent. */
const SOLO: SessionInfo = { ...INFO, agents: INFO.agents.slice(0, 1) };

function turnInput(more: Partial<TurnInput> = {}): TurnInput {
  return {
    ...scene.ref,
    ...{ known: START, turn: 't1', causes: ['m1'], lead: lead(SOLO), release: [] },
    ...{ journal: EMPTY_JOURNAL, attempts: 0, closing: false },
    ...more,
  };
}

function runTurn(info: Partial<Info> = {}, cast = scene.cast, more: Partial<ActivityDeps> = {}) {
  return server.as(info, () => activitiesOf(cast, more).runTurn(turnInput()));
}

describe('a turn', () => {
  test('beats and ends through the client: to the core it is still open', async () => {
    const turn = runTurn();
    scene.agent.end('said');
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(server.completed).toMatchObject({ status: 'done', attempts: 1 });
    expect(server.failed).toBeNull();
    expect(server.recorded.at(-1)?.entries).toHaveLength(1);
    expect(types(await scene.logged())).toEqual(COMPLETED);
  });

  test('goes on from the newest heartbeat', async () => {
    const turn = runTurn();
    scene.agent.end('said');
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    await scene.server.flush();
    const [heartbeatDetails] = server.recorded.slice(-1);
    await expect(runTurn({ attempt: 2, heartbeatDetails })).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(server.completed).toMatchObject({ status: 'done', attempts: 2 });
    expect(types(await scene.logged())).toEqual(COMPLETED);
    expect(scene.cast.requests).toHaveLength(1);
  });

  test('shows that it lives while its agent is silent', async () => {
    const turn = runTurn();
    await eventually('it beats', () => server.recorded.length >= 2, 5 * RECOVERY.heartbeatTimeoutMs);
    expect(server.recorded.at(-1)).toMatchObject({ open: { 't1.1': { attempt: 1 } } });
    scene.agent.end('said');
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
  });

  test('that another attempt has taken over tells the server nothing', async () => {
    server.answer = new ActivityNotFoundError();
    const turn = runTurn();
    scene.agent.end('said');
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    expect([server.completed, server.failed]).toEqual([null, null]);
    expect(types(await scene.logged())).not.toContain('step.completed');
  });

  test('that the server cancels reports what there is', async () => {
    const turn = runTurn();
    scene.agent.say('half');
    await scene.streamed('half');
    server.answer = new ActivityCancelledError('cancelled');
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(server.completed).toMatchObject({ status: 'cancelled', open: { 't1.1': { attempt: 1 } } });
  });

  test.each([new ActivityPausedError('paused'), new ActivityResetError('reset')])(
    'that an operator has touched goes on (%p)',
    async (answer) => {
      server.answer = answer;
      const turn = runTurn();
      scene.agent.end('said');
      await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
      expect(server.completed).toMatchObject({ status: 'done' });
    },
  );

  test('ignores that the core takes it for dead: it does not see the heartbeats', async () => {
    const turn = runTurn();
    scene.agent.say('one ');
    await scene.streamed('one ');
    server.cancel('TIMED_OUT', { timedOut: true });
    scene.agent.say('two');
    await scene.streamed('one two');
    scene.agent.end();
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(server.completed).toMatchObject({ status: 'done' });
    expect(texts(await scene.logged())).toEqual({ 't1.1': 'one two' });
  });

  test.each<[string, Partial<ActivityCancellationDetails>]>([
    ['WORKER_SHUTDOWN', {}],
    ['CANCELLED', { workerShutdown: true }],
  ])('is handed over in mid-step when its worker stops (%s)', async (word, details) => {
    const turn = runTurn();
    scene.agent.say('half');
    await scene.streamed('half');
    server.cancel(word, details);
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(server.completed).toMatchObject({
      status: 'yielded',
      open: { 't1.1': { reason: 'The worker that ran it was stopped.' } },
    });
  });

  test('fails with its error if the engine is at fault', async () => {
    const turn = runTurn();
    scene.agent.say('half');
    await scene.streamed('half');
    scene.source.fault = new Error('not to be had');
    await scene.server.flush();
    scene.agent.say(' more');
    await expect(turn).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(server.failed).toMatchObject({ message: 'not to be had' });
    expect(server.completed).toBeNull();
  });
});

describe('a turn inside a workflow task', () => {
  const LOCAL = { isLocal: true };

  test('answers by itself and persists nothing', async () => {
    const turn = runTurn(LOCAL);
    scene.agent.end('said');
    expect(await turn).toMatchObject({ status: 'done', attempts: 0 });
    expect(server.recorded).toEqual([]);
  });

  test('that runs in two places is left by the one that comes first: none takes it back', async () => {
    const [first, second] = [new Cast(), new Cast()];
    const old = expect(runTurn(LOCAL, first)).rejects.toMatchObject({
      type: ASK_OUTSIDE,
      nonRetryable: true,
    });
    await eventually('the first speaks', () => first.requests.length === 1);
    const young = runTurn(LOCAL, second);
    await eventually('the second speaks', () => second.requests.length === 1);
    first.of('a').say('never seen');
    await old;
    second.of('a').say('said');
    second.of('a').end();
    expect((await young).status).toBe('done');
    // What the first asks for instead finds the turn ended.
    await expect(runTurn({}, first)).rejects.toBeInstanceOf(CompleteAsyncError);
    const ends = server.completed!.report.events.filter(({ type }) => /completed|failed/.test(type));
    expect(ends).toMatchObject([{ data: { text: 'said' } }, { type: 'turn.completed' }]);
    expect(types(await scene.logged()).filter((type) => type === 'step.restarted')).toHaveLength(1);
  });

  test('asks its workflow nothing there: it is called outside', async () => {
    const turn = runTurn(LOCAL);
    scene.agent.say('half');
    await scene.streamed('half');
    const { asked } = scene.source;
    await scene.server.flush();
    scene.agent.say(' more');
    await expect(turn).rejects.toMatchObject({ type: ASK_OUTSIDE, nonRetryable: true });
    expect(scene.source.asked).toBe(asked);
  });

  test('does not ask it for what its agents are shown, either', async () => {
    const known = { epoch: 1, seq: 9 };
    const cause = { ...lead()[1]!, id: eventId.message('m0'), seq: 2 };
    scene.source.tells([], [cause], known);
    const turn = server.as(LOCAL, () =>
      activitiesOf(scene.cast).runTurn(turnInput({ causes: ['m-elsewhere'] })),
    );
    scene.agent.end('said');
    await expect(turn).rejects.toMatchObject({ type: ASK_OUTSIDE, nonRetryable: true });
    expect(scene.source.asked).toBe(0);
    expect(scene.cast.requests).toEqual([]);
  });

  test('leaves every pause to the workflow', async () => {
    const turn = runTurn(LOCAL);
    scene.agent.fail(busy(0));
    expect(await turn).toMatchObject({ status: 'suspended', waits: [{ kind: 'retry' }] });
  });

  test('is finished by a worker that stops: handed over, it would come back to it', async () => {
    const turn = runTurn(LOCAL, scene.cast, { draining: AbortSignal.abort() });
    scene.agent.end('said');
    expect(await turn).toMatchObject({ status: 'done' });
  });

  test.each([
    ['WORKER_SHUTDOWN', 'yielded'],
    ['CANCELLED', 'cancelled'],
  ])('ends when it is cancelled (%s → %s)', async (word, status) => {
    const turn = runTurn(LOCAL);
    scene.agent.say('half');
    await scene.streamed('half');
    server.cancel(word);
    expect(await turn).toMatchObject({ status });
  });
});
