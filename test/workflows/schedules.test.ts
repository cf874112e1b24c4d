/** Schedules, on a real Temporal: a firing is a message like any other, once; each tenant has its own. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSchedules, type Schedules } from '../../src/ingest/index.ts';
import { createScheduleCalls } from '../../src/temporal/index.ts';
import { eventually } from '../support/process.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';
import { agent } from './agents.ts';

const acme = { tenant: 'acme' };
const other = { tenant: 'other' };
const YEARLY = '0 0 1 1 *';
let engine: Engine;
let schedules: Schedules;

beforeAll(async () => {
  engine = await startEngine();
  await engine.startWorker();
  schedules = createSchedules(createScheduleCalls({ client: engine.client }), async () => []);
});

afterAll(async () => {
  await engine.stop();
});

function trigger(id: string): Promise<void> {
  return schedules.change(acme, { id, act: 'trigger' });
}

test('a firing sends its message into the session, one that is triggered while the schedule is paused too', async () => {
  const session = await engine.open([agent('a')]);
  const body = {
    id: 'digest',
    cron: YEARLY,
    zone: 'Europe/Berlin',
    session: session.session,
    message: { text: 'new?' },
  };
  const [first] = (await schedules.create(acme, body)).next;
  expect(new Date(first!).toISOString()).toMatch(/-12-31T23:00:00/);
  expect((await schedules.create(acme, body)).next[0]).toBe(first);
  // A busy server answers `temporal_unavailable` first: to be sent again.
  await eventually('another schedule of this id is refused', async () => {
    const changed = schedules.create(acme, { ...body, cron: '0 1 1 1 *' });
    await expect(changed).rejects.toMatchObject({ code: 'schedule_exists' });
    return true;
  });
  await schedules.change(acme, { id: 'digest', act: 'pause' });
  await trigger('digest');
  const events = await session.turnEnded('t1');
  const said = events.find(({ type }) => type === 'message.accepted');
  expect(said).toMatchObject({ data: { parts: [{ type: 'text', text: 'new?' }] } });
  expect(said?.cause).toMatch(/^f_/);
});

test('a firing opens a session of its own', async () => {
  const open = { agents: [agent('a')], metadata: { from: 'schedule' } };
  await schedules.create(acme, { id: 'fresh', cron: YEARLY, open, message: { text: 'hello' } });
  await trigger('fresh');
  await eventually('the session is listed', async () => {
    const { data } = await engine.intake.list(acme, {});
    const found = data.find(({ id }) => id.startsWith('f_'));
    return found !== undefined && (await engine.session(found.id).state()).turns === 1;
  });
});

test('they are listed, paused, resumed and deleted by their tenant alone', async () => {
  await schedules.create(acme, { id: 'mine', cron: YEARLY, session: 's', message: { text: 'x' } });
  const paused = (is: boolean): Promise<void> =>
    eventually(`it is ${is ? 'paused' : 'not paused'}`, async () => {
      const found = (await schedules.list(acme, {})).data.find(({ id }) => id === 'mine');
      return found?.paused === is && found.cron === YEARLY;
    });
  await paused(false);
  expect(await schedules.list(other, {})).toEqual({ data: [], next: null });
  await expect(schedules.change(other, { id: 'mine', act: 'remove' })).rejects.toMatchObject({
    code: 'schedule_not_found',
  });
  await schedules.change(acme, { id: 'mine', act: 'pause' });
  await paused(true);
  await schedules.change(acme, { id: 'mine', act: 'resume' });
  await paused(false);
  await schedules.change(acme, { id: 'mine', act: 'remove' });
  await expect(trigger('mine')).rejects.toMatchObject({ code: 'schedule_not_found' });
  await expect(schedules.change(acme, { id: 'mine', act: 'pause' })).rejects.toMatchObject({
    code: 'schedule_not_found',
  });
});

test('a list has pages', async () => {
  const ids = ['p1', 'p2', 'p3'];
  const paged = { tenant: 'paged' };
  for (const id of ids)
    await schedules.create(paged, { id, cron: YEARLY, session: 's', message: { text: 'x' } });
  await eventually('all are listed, two a page', async () => {
    const one = await schedules.list(paged, { limit: '2' });
    const two = await schedules.list(paged, { limit: 2, cursor: one.next ?? 'none' });
    expect([...one.data, ...two.data].map(({ id }) => id).sort()).toEqual(ids);
    expect(one.data).toHaveLength(2);
    return two.next === null;
  });
  await expect(schedules.list(paged, { cursor: 'bm9uZQ' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  await expect(schedules.list(paged, { limit: 0 })).rejects.toMatchObject({ code: 'invalid_request' });
});

test.each([
  ['a zone that there is not', { zone: 'Europe/Nowhere' }, '/zone'],
  ['a zone in other letters', { zone: 'europe/berlin' }, '/zone'],
  ['an offset as a zone', { zone: '+02:00' }, '/zone'],
  ['a cron expression of four fields', { cron: '0 7 * *' }, '/cron'],
  ['a cron expression out of range', { cron: '99 7 * * *' }, '/cron', /out of range: minute \(0-59\)/],
  ['a message with an id', { message: { messageId: 'm', text: 'x' } }, '/message/messageId'],
  ['a session to be opened under an id', { session: undefined, open: { id: 's' } }, '/open/id'],
  ['neither session nor open', { session: undefined }, ''],
])('%s is refused, with the place', async (_, change, pointer, message = /./) => {
  const body = { id: 'bad', cron: YEARLY, session: 's', message: { text: 'x' }, ...change };
  const plain = JSON.parse(JSON.stringify(body)) as object;
  await expect(schedules.create(acme, plain)).rejects.toMatchObject({
    code: 'invalid_request',
    errors: [{ pointer, message: expect.stringMatching(message) }],
  });
});

test('a session that no worker could run is refused when the schedule is made', async () => {
  const body = { id: 'nobody', cron: YEARLY, message: { text: 'x' } };
  const create = (open: object): Promise<unknown> => schedules.create(acme, { ...body, open });
  await expect(create({ team: 'nope' })).rejects.toMatchObject({ code: 'unknown_team' });
  await expect(create({ agents: ['nope'] })).rejects.toMatchObject({ code: 'agent_unknown' });
  await expect(create({ agents: [{ name: 'a', runner: 'scripted' }] })).resolves.toBeDefined();
});
