/** A turn whose code blocks its workers: the next execution waits for the one that blocks, and ends the turn after the second. */
import { expect, test } from '@jest/globals';
import type { Team } from '../../../activities/teams/team.ts';
import { ERRORS, RECOVERY, type LoggedEvent } from '../../../src/contracts/index.ts';
import { eventually } from '../../support/process.ts';
import { texts, types, useScene } from '../scene.ts';

const scene = useScene();

const last = async (type: string): Promise<LoggedEvent | undefined> =>
  (await scene.logged()).findLast((event) => event.type === type);

const FAILED = { code: 'worker_blocked', message: ERRORS.worker_blocked.title };

test('it fails once so many workers have ended with it, with its open steps', async () => {
  const first = scene.execute();
  scene.agent.say('half');
  await scene.streamed('half');
  await first.kill();
  for (let n = 1; n < RECOVERY.stalledWorkers; n += 1) {
    await scene.server.stalls.tell(scene.ref, 't1', `w${n}`, 'ended');
  }
  const second = scene.retry(first);
  await eventually('it may try again', () => scene.agent.requests.length === 2);
  await second.kill();
  await scene.server.stalls.tell(scene.ref, 't1', 'another', 'ended');
  const third = scene.retry(first, { attempt: 3 });
  expect((await third.result).status).toBe('done');
  expect((await last('step.failed'))?.data).toMatchObject(FAILED);
  expect((await last('turn.failed'))?.data).toEqual(FAILED);
  expect(scene.agent.requests).toHaveLength(2);
});

test('it waits while another worker is blocked, and is not counted if that goes on', async () => {
  const { stalls } = scene.server;
  await stalls.tell(scene.ref, 't1', 'w1', 'ended');
  await stalls.tell(scene.ref, 't1', 'w2', 'blocked');
  const waiting = scene.execute({ attempt: 2 });
  await eventually('it shows that it is alive', () => waiting.channel.sent.length >= 20);
  expect(scene.agent.requests).toEqual([]);
  await stalls.tell(scene.ref, 't1', 'w2', null);
  scene.agent.end('said');
  await waiting.result;
  expect(texts(await scene.logged())).toEqual({ 't1.1': 'said' });
});

test('a worker that stops does not wait: it hands over', async () => {
  await scene.server.stalls.tell(scene.ref, 't1', 'w1', 'blocked');
  const draining = new AbortController();
  const turn = scene.execute({ attempt: 2, draining: draining.signal });
  draining.abort();
  expect((await turn.result).status).toBe('yielded');
});

test('another turn, and another session, are not meant', async () => {
  const { stalls } = scene.server;
  for (const worker of ['w1', 'w2']) {
    await stalls.tell(scene.ref, 't2', worker, 'ended');
    await stalls.tell({ ...scene.ref, session: 'another' }, 't1', worker, 'ended');
  }
  const turn = scene.execute({ attempt: 2 });
  scene.agent.end('said');
  await turn.result;
  expect(types(await scene.logged())).toContain('turn.completed');
});

test('inside a workflow task it is called again outside, where it can wait', async () => {
  await scene.server.stalls.tell(scene.ref, 't1', 'w1', 'blocked');
  await expect(scene.execute({ local: true }).result).rejects.toMatchObject({ kind: 'superseded' });
});

test('a team that was never heard of again, for whatever reason, is given up', async () => {
  let runs = 0;
  const team: Team = async () => {
    runs += 1;
  };
  const turn = scene.execute({ team, attempt: RECOVERY.lostAttempts + 2 });
  expect((await turn.result).status).toBe('done');
  expect((await last('turn.failed'))?.data).toMatchObject({ code: 'worker_lost' });
  expect(runs).toBe(0);
});
