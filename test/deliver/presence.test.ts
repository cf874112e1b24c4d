/** Who is present, over several gateways on a real Redis: told as it changes, and right again after every fault. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyPresence, LIMITS } from '../../src/contracts/index.ts';
import type { PresenceReply, SessionRef } from '../../src/contracts/index.ts';
import { createPresence } from '../../src/deliver/index.ts';
import type { Presence } from '../../src/deliver/index.ts';
import { createPresenceRows } from '../../src/log/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { Fleet } from '../../src/quota/index.ts';
import { eventually } from '../support/process.ts';
import type { Author } from './author.ts';
import { Rig } from './rig.ts';
import type { Gateway } from './rig.ts';

const FLEET = 'convoke:{gateways}';

interface Place extends Gateway {
  readonly fleet: Fleet;
  readonly presence: Presence;
}

let rig: Rig;
const places: Place[] = [];
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  for (const { presence, fleet } of places) {
    await presence.stop();
    fleet.close();
  }
  await rig.stop();
});

async function place(author: Author): Promise<Place> {
  const gateway = await rig.gateway(author);
  const fleet = new Fleet(gateway.commands);
  const rows = createPresenceRows(gateway.commands);
  const presence = createPresence({ rows, lease: fleet, delivery: gateway.delivery });
  const made = { ...gateway, fleet, presence };
  places.push(made);
  return made;
}

/** A session that has begun, and two gateways. */
async function scene(): Promise<{ readonly ref: SessionRef; readonly here: Place; readonly there: Place }> {
  const author = await rig.author();
  return { ref: author.ref, here: await place(author), there: await place(author) };
}

/** What a client knows that was told the list once and every change since. */
async function client({ presence }: Place, ref: SessionRef) {
  const notes: number[] = [];
  let list: PresenceReply = { present: [], count: 0, reads: {} };
  const stop = await presence.hear(ref, (note) => {
    notes.push(note.here.length + note.gone.length);
    list = { ...list, present: applyPresence(list.present, note), count: note.count };
  });
  list = await presence.list(ref);
  return {
    notes,
    stop,
    get list() {
      return list;
    },
    /** Each person and her connections. */
    get names() {
      return list.present.map(({ subject, connections }) =>
        [subject, ...connections.map(({ connection }) => connection).sort()].join(' '),
      );
    },
  };
}

const told = (
  what: string,
  client: { readonly names: readonly string[] },
  ...names: string[]
): Promise<void> =>
  eventually(
    `${what}: ${names.join(', ')}`,
    () => JSON.stringify([...client.names].sort()) === JSON.stringify(names),
  );

test('a person with several connections on several gateways is one person, and whoever hears is told each change once', async () => {
  const { ref, here, there } = await scene();
  await here.presence.join(ref, { subject: 'ana', name: 'Ana', connection: 'c1', device: 'desk' });
  const watching = await client(there, ref);
  expect(watching.list).toMatchObject({
    present: [
      {
        subject: 'ana',
        name: 'Ana',
        connections: [{ connection: 'c1', device: 'desk', gateway: here.fleet.id }],
      },
    ],
    count: 1,
  });
  await there.presence.join(ref, { subject: 'ana', name: 'Ana', connection: 'c2', device: 'phone' });
  await here.presence.join(ref, { subject: 'bob', connection: 'c3' });
  await told('all are there', watching, 'ana c1 c2', 'bob c3');
  expect(watching.list.count).toBe(2);
  await here.presence.join(ref, {
    subject: 'ana',
    name: 'Ana',
    connection: 'c1',
    device: 'desk',
    state: 'away',
  });
  await eventually(
    'she is away',
    () => watching.list.present[0]?.connections.some(({ state }) => state === 'away') === true,
  );
  here.presence.leave(ref, 'c1');
  here.presence.leave(ref, 'c3');
  await told('two have left', watching, 'ana c2');
  const before = watching.notes.reduce((sum, each) => sum + each, 0);
  // The same again is no change.
  await there.presence.join(ref, { subject: 'ana', name: 'Ana', connection: 'c2', device: 'phone' });
  await here.presence.join(ref, { subject: 'cy', connection: 'c4' });
  await told('another one', watching, 'ana c2', 'cy c4');
  expect(watching.notes.reduce((sum, each) => sum + each, 0)).toBe(before + 1);
  expect(await here.presence.list(ref)).toEqual({ ...watching.list, reads: {} });
  watching.stop();
});

test('members of a gateway that has crashed are gone without a write, and their places can be taken', async () => {
  const { ref, here, there } = await scene();
  await here.presence.join(ref, { subject: 'ana', connection: 'c1' });
  const watching = await client(there, ref);
  await there.presence.join(ref, { subject: 'bob', connection: 'c2' });
  await told('both', watching, 'ana c1', 'bob c2');
  // As after `LIMITS.gatewayMs` without a word.
  here.fleet.close();
  await rig.admin.zrem(FLEET, here.fleet.id);
  await there.fleet.look();
  await told('one is left', watching, 'bob c2');
  expect((await there.presence.list(ref)).count).toBe(1);
  const third = await place(await rig.author());
  expect(await third.presence.list(ref)).toMatchObject({ present: [{ subject: 'bob' }], count: 1 });
  expect(await rig.admin.hlen(logKeys(ref).present)).toBe(2);
  watching.stop();
});

test('a gateway that was taken to be gone is back with all of its members', async () => {
  const { ref, here, there } = await scene();
  await here.presence.join(ref, { subject: 'ana', connection: 'c1' });
  const watching = await client(there, ref);
  await rig.admin.zrem(FLEET, here.fleet.id);
  await there.fleet.look();
  await told('nobody', watching);
  await here.fleet.look();
  await told('she is back', watching, 'ana c1');
  watching.stop();
});

test('after Redis has lost everything each gateway states its members again', async () => {
  const { ref, here, there } = await scene();
  await here.presence.join(ref, { subject: 'ana', connection: 'c1' });
  await there.presence.join(ref, { subject: 'bob', connection: 'c2' });
  const watching = await client(there, ref);
  await rig.admin.del(logKeys(ref).present, FLEET);
  await Promise.all([here.fleet.look(), there.fleet.look()]);
  await here.presence.join(ref, { subject: 'cy', connection: 'c3' });
  await told('all are there', watching, 'ana c1', 'bob c2', 'cy c3');
  expect((await place(await rig.author()).then(({ presence }) => presence.list(ref))).count).toBe(3);
  watching.stop();
});

test('a member that Redis has lost, or has too much, is put right when the list is read again', async () => {
  const { ref, here, there } = await scene();
  await here.presence.join(ref, { subject: 'ana', connection: 'c1' });
  await here.presence.join(ref, { subject: 'bob', connection: 'c2' });
  const [own, watching] = [await client(here, ref), await client(there, ref)];
  const { present, channel } = logKeys(ref);
  const ghost = { subject: 'eve', connection: 'c9', gateway: here.fleet.id, since: 1 };
  await rig.admin.hdel(present, `${here.fleet.id}:c1`);
  await rig.admin.hset(present, `${here.fleet.id}:c9`, JSON.stringify(ghost));
  // As one tells of that has missed some.
  await rig.admin.spublish(channel, `N {"kind":"present","revision":${Number.MAX_SAFE_INTEGER}}`);
  await eventually(
    'Redis has it',
    async () => (await rig.admin.hexists(present, `${here.fleet.id}:c1`)) === 1,
  );
  for (const each of [own, watching]) await told('both', each, 'ana c1', 'bob c2');
  own.stop();
  watching.stop();
});

test('notices that were missed are made up for, and those that are no notices harm nobody', async () => {
  const { ref, here, there } = await scene();
  const watching = await client(there, ref);
  there.log.deaf = true;
  await here.presence.join(ref, { subject: 'ana', connection: 'c1' });
  await eventually('it is missed', () => there.log.unheard === 1);
  there.log.deaf = false;
  const { channel } = logKeys(ref);
  const bad = [
    ...[
      'N',
      'N ',
      'N {',
      'N null',
      'N []',
      'N {"kind":"__proto__"}',
      'N {"kind":"present"}',
      'N {"kind":"kicked"}',
    ],
    ...[
      'N {"kind":"present","revision":1e400}',
      'N {"kind":"present","revision":9e15,"field":"x","member":{"subject":1}}',
    ],
    ...[
      'N {"kind":"read","reads":{"ana":"x"}}',
      `N {"kind":"published","channel":"c","data":${'['.repeat(500)}${']'.repeat(500)}}`,
    ],
    `N {"kind":"published","channel":"c","data":"${'x'.repeat(LIMITS.noticeChars)}"}`,
  ];
  for (const each of bad) await rig.admin.spublish(channel, each);
  await here.presence.join(ref, { subject: 'bob', connection: 'c2' });
  await told('both', watching, 'ana c1', 'bob c2');
  watching.stop();
});

test('what cannot be written while Redis is away is made up for', async () => {
  const { ref, here, there } = await scene();
  await here.presence.join(ref, { subject: 'ana', connection: 'c1' });
  const watching = await client(there, ref);
  await told('she is there', watching, 'ana c1');
  // Its commands fail at once.
  here.commands.disconnect();
  await eventually('it is cut off', () => here.commands.status === 'end');
  here.presence.leave(ref, 'c1');
  await expect(here.presence.join(ref, { subject: 'bob', connection: 'c2' })).rejects.toMatchObject({
    code: 'log_unavailable',
  });
  await here.commands.connect();
  await here.fleet.look();
  await told('nobody', watching);
  expect(await rig.admin.hlen(logKeys(ref).present)).toBe(1);
  watching.stop();
});

test('no more are present than can be, and an answer lists the first; whoever comes when some are gone is let in', async () => {
  const { ref, here, there } = await scene();
  const rows = createPresenceRows(rig.admin);
  const crowd = Array.from({ length: LIMITS.present }, (_, n) => ({
    ...{ subject: `p${n % 600}`, connection: `c${n}`, gateway: 'another', since: n },
  }));
  await rig.admin.zadd(FLEET, Date.now() + 60_000, 'another');
  await Promise.all(crowd.map((member) => rows.put(ref, member)));
  const list = await here.presence.list(ref);
  expect([list.count, list.present.length]).toEqual([600, LIMITS.presentListed]);
  await expect(here.presence.join(ref, { subject: 'ana', connection: 'c' })).rejects.toMatchObject({
    code: 'presence_full',
  });
  await rig.admin.zrem(FLEET, 'another');
  await there.fleet.look();
  await there.presence.join(ref, { subject: 'ana', connection: 'c' });
  expect((await there.presence.list(ref)).count).toBe(1);
});

test('read positions go forward only, and those of a moment are one write', async () => {
  const { ref, here, there } = await scene();
  const { stop } = await client(there, ref);
  for (let seq = 1; seq <= 40; seq += 1) here.presence.read(ref, 'ana', seq);
  for (const seq of [7, 3, 5]) here.presence.read(ref, '__proto__', seq);
  await eventually('they are told', async () => (await there.presence.list(ref)).reads['ana'] === 40);
  expect(Object.entries((await there.presence.list(ref)).reads).sort()).toEqual([
    ['__proto__', 7],
    ['ana', 40],
  ]);
  expect(await rig.admin.pttl(logKeys(ref).reads)).toBeGreaterThan(LIMITS.readsTtlMs / 2);
  here.presence.read(ref, 'ana', 12);
  here.presence.read(ref, 'bob', 1);
  await eventually('bob has read', async () => (await there.presence.list(ref)).reads['bob'] === 1);
  expect((await here.presence.list(ref)).reads['ana']).toBe(40);
  stop();
});

test('while nothing changes nothing is written but the leases, whatever the number of members', async () => {
  const { ref, here, there } = await scene();
  const watching = await client(there, ref);
  await Promise.all(
    Array.from({ length: 100 }, (_, n) => here.presence.join(ref, { subject: `p${n}`, connection: `c${n}` })),
  );
  await eventually('all are told', () => watching.list.count === 100);
  await rig.admin.config('RESETSTAT');
  await here.fleet.look();
  await there.fleet.look();
  const stats = await rig.admin.info('commandstats');
  for (const command of ['hset', 'hdel', 'hgetall', 'hincrby', 'spublish', 'pexpire'])
    expect([command, /calls=(\d+)/.exec(stats.split(`cmdstat_${command}:`)[1] ?? 'calls=0')?.[1]]).toEqual([
      command,
      // Each lease has a time to live.
      command === 'pexpire' ? expect.stringMatching(/^\d$/) : '0',
    ]);
  expect(await rig.admin.pttl(logKeys(ref).present)).toBeGreaterThan(LIMITS.presenceTtlMs / 2);
  watching.stop();
});
