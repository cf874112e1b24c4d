/** Presence, typing, read positions, what is published and removals: SDKs and streams on two gateways, through a real Redis. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import type { Client, Session } from '../../src/client/index.ts';
import { presenceOf } from '../../src/client/presence.ts';
import type { Presence } from '../../src/client/presence.ts';
import { ConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { Note } from '../../src/contracts/index.ts';
import { createPresence } from '../../src/deliver/index.ts';
import { createNotes, Rates } from '../../src/ingest/index.ts';
import { createPresenceRows } from '../../src/log/index.ts';
import { Fleet } from '../../src/quota/index.ts';
import { Author } from '../deliver/author.ts';
import { Rig as Engine } from '../deliver/rig.ts';
import { eventually } from '../support/process.ts';
import { frames, problemOf, startRig, TOKENS } from './harness.ts';
import type { Rig } from './harness.ts';

const deeds: object[] = [];
const gateways: Rig[] = [];
const fleets: Fleet[] = [];
const clients: Client[] = [];
let engine: Engine;
let author: Author;

beforeAll(async () => {
  engine = await Engine.start();
  author = new Author({ tenant: 'dev', session: 's' }, (await engine.author()).log, engine.archive);
  gateways.push(await start(), await start());
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  deeds.length = 0;
});
afterAll(async () => {
  await Promise.all(gateways.map(({ gateway }) => gateway.drain()));
  for (const fleet of fleets) fleet.close();
  await engine.stop();
});

async function start(): Promise<Rig> {
  const { delivery, log, commands } = await engine.gateway(author);
  const fleet = new Fleet(commands);
  fleets.push(fleet);
  const rows = createPresenceRows(commands);
  const presence = createPresence({ rows, lease: fleet, delivery });
  const rates = new Rates({
    limitsOf: () => ({ messageBytesPerMinute: 6_000 }),
    buckets: {
      take: async (_limits, asked) =>
        'bytes' in asked && asked.bytes > 1_000
          ? [{ limit: 'messageBytesPerMinute', most: 6_000, used: 1, left: 0, backInMs: 50 }]
          : 'fresh',
      giveBack: async () => undefined,
    },
    fleet,
  });
  const notes = createNotes({
    ...{ log, rows, rates, audit: { note: (deed) => void deeds.push(deed) } },
    stands: async (ref) => {
      const [head = null] = [delivery.position(ref) ?? (await log.heads([ref]))[0]];
      if (!head) throw new ConvokeError('session_not_found');
      return head;
    },
    advance: (ref, subject, seq) => presence.read(ref, subject, seq),
    agentsOf: async () => ['ann'],
    followedAgents: (ref) => delivery.agents(ref),
  });
  return startRig({ delivery, presence, notes });
}

/** Somebody's client, which follows the session on the first of these gateways that takes it. */
async function follow(subject: string, ...on: readonly Rig[]): Promise<Session> {
  const role = subject === 'eve' ? 'observer' : 'participant';
  const { token } = await TOKENS.mint('dev', {
    subject,
    name: subject.toUpperCase(),
    sessions: ['s'],
    role,
  });
  const client = connect({ url: on.map(({ url }) => url), token, reconnect: { minMs: 20, maxMs: 50 } });
  clients.push(client);
  const session = client.session('s');
  await session.ready();
  return session;
}

const peopleIn = ({ list }: Presence): string[] =>
  list.present.map(({ subject, connections }) => `${subject} ${connections.length}`).sort();

async function here(presence: Presence, ...people: string[]): Promise<void> {
  await eventually(people.join(', '), () => JSON.stringify(peopleIn(presence)) === JSON.stringify(people));
}

test('people, each once with her devices, over gateways: they come, change and go', async () => {
  const [desk, phone, bob] = [
    await follow('ana', gateways[0]!),
    await follow('ana', gateways[1]!),
    await follow('bob', gateways[1]!),
  ];
  const watching = presenceOf(bob);
  await watching.join({ observe: true });
  expect(watching.list).toEqual({ present: [], count: 0, reads: {} });
  const [onDesk, onPhone] = [presenceOf(desk), presenceOf(phone)];
  await onDesk.join({ device: 'desk' });
  await onPhone.join({ device: 'phone', state: 'away' });
  await here(watching, 'ana 2');
  expect(watching.list.present).toMatchObject([
    { subject: 'ana', name: 'ANA', connections: [{ device: 'desk' }, { device: 'phone', state: 'away' }] },
  ]);
  expect(onPhone.list).toMatchObject({ you: { subject: 'ana' }, count: 1 });
  await watching.join();
  await here(onDesk, 'ana 2', 'bob 1');
  const reply = await gateways[0]!.call('/v1/sessions/s/presence');
  expect(await reply.json()).toMatchObject({ count: 2, present: [{ subject: 'ana' }, { subject: 'bob' }] });
  // Another subscription of the same socket keeps it present; the end of the socket does not.
  desk.leave();
  await here(watching, 'ana 1', 'bob 1');
  clients[1]!.close();
  await here(watching, 'bob 1');
});

test('a client whose gateway goes is present again on another one', async () => {
  const third = await start();
  const [ana, bob] = [await follow('ana', third, gateways[0]!), await follow('bob', gateways[1]!)];
  const [first, second] = [presenceOf(ana), presenceOf(bob)];
  await Promise.all([first.join({ device: 'desk' }), second.join()]);
  await here(second, 'ana 1', 'bob 1');
  const [before] = second.list.present.find(({ subject }) => subject === 'ana')!.connections;
  await third.gateway.drain();
  await eventually('she is on another gateway', () => {
    const [now] = second.list.present.find(({ subject }) => subject === 'ana')?.connections ?? [];
    return now !== undefined && now.gateway !== before!.gateway && now.device === 'desk';
  });
  await here(second, 'ana 1', 'bob 1');
  await here(first, 'ana 1', 'bob 1');
});

test('typing is told to those who are present, ends by itself or with the message, and only senders may tell of it', async () => {
  const [ana, bob, eve] = [
    await follow('ana', gateways[0]!),
    await follow('bob', gateways[1]!),
    await follow('eve', gateways[1]!),
  ];
  const [hers, his] = [presenceOf(ana), presenceOf(bob)];
  await Promise.all([hers.join(), his.join()]);
  hers.type();
  await eventually('she types', () => his.typing.length === 1);
  expect([his.typing, hers.typing]).toEqual([['ana'], []]);
  hers.type(false);
  await eventually('she has stopped', () => his.typing.length === 0);
  hers.type();
  await eventually('she types again', () => his.typing.length === 1);
  await author.append({
    ...{ id: 'message:typed', type: 'message.accepted', at: 1 },
    data: { messageId: 'typed', parts: [{ type: 'text', text: 'x' }], queued: false, from: 'ana' },
  });
  await eventually('it was sent', () => his.typing.length === 0);
  await expect(eve.tell('typing', { on: true })).rejects.toMatchObject({ code: 'forbidden' });
  const often = Array.from({ length: LIMITS.presencePace.burst + 2 }, () =>
    ana.tell('typing', { on: false }),
  );
  const codes = (await Promise.allSettled(often)).map((each) =>
    each.status === 'rejected' ? (each.reason as ConvokeError).code : 'ok',
  );
  expect(new Set(codes)).toEqual(new Set(['ok', 'rate_limited']));
});

test('what is read on one device is seen on the others, never beyond the end', async () => {
  const [desk, phone] = [await follow('ana', gateways[0]!), await follow('ana', gateways[1]!)];
  const [one, other] = [presenceOf(desk), presenceOf(phone)];
  await Promise.all([one.join(), other.join()]);
  one.read(1);
  await eventually('it is read', () => other.list.reads['ana'] === 1);
  const end = desk.view!.position.seq;
  one.read(end + 100);
  expect((await gateways[0]!.post('/v1/sessions/s/read', { seq: 1, from: 'cy' })).status).toBe(200);
  await eventually('all is read', () => other.list.reads['ana'] === end && other.list.reads['cy'] === 1);
  const late = presenceOf(await follow('bob', gateways[0]!));
  await late.join();
  expect(late.list.reads).toEqual({ ana: end, cy: 1 });
});

test('what is published goes to sockets and streams that ask for it, with the name of the sender, and is counted', async () => {
  const bob = await follow('bob', gateways[1]!);
  const seen: Note[] = [];
  bob.on('note', (note) => seen.push(note));
  const stream = await gateways[0]!.call('/v1/sessions/s/stream?notes=true');
  const quiet = await gateways[0]!.call('/v1/sessions/s/stream');
  const ana = await follow('ana', gateways[0]!);
  await ana.publish('cursor', { x: 3, text: 'ü👩' }, 'mallory');
  const posted = await gateways[0]!.post('/v1/sessions/s/publish', { channel: 'c', data: null });
  const any = [7, 'x', [], { withheld: true }];
  for (const data of any)
    expect((await gateways[0]!.post('/v1/sessions/s/publish', { channel: 'any', data })).status).toBe(200);
  expect(posted.status).toBe(200);
  await eventually('all are told', () => seen.length === 6);
  expect(seen).toEqual([
    { session: 's', kind: 'published', channel: 'cursor', data: { x: 3, text: 'ü👩' }, from: 'ana' },
    { session: 's', kind: 'published', channel: 'c', data: null },
    ...any.map((data) => ({ session: 's', kind: 'published', channel: 'any', data })),
  ]);
  const told: string[] = [];
  for await (const frame of frames(stream)) {
    if (frame.startsWith('event: note')) told.push(frame);
    if (frame.includes('{"withheld":true}')) break;
  }
  expect(told[0]).toContain('"kind":"presence"');
  expect(told[1]).toBe(
    'event: note\ndata: {"kind":"published","channel":"cursor","data":{"x":3,"text":"ü👩"},"from":"ana"}',
  );
  await author.append({
    id: 'message:last',
    type: 'message.accepted',
    at: 1,
    data: { messageId: 'last', parts: [], queued: false },
  });
  for await (const frame of frames(quiet)) {
    expect(frame).not.toContain('event: note');
    if (frame.includes('"messageId":"last"')) break;
  }
  await expect(ana.publish('cursor', 'x'.repeat(1_001))).rejects.toMatchObject({ code: 'rate_limited' });
  for (const bad of [
    { channel: 'a b', data: 1 },
    { channel: 'c' },
    { channel: 'c', data: 'x'.repeat(LIMITS.publishBytes) },
  ])
    expect((await gateways[0]!.post('/v1/sessions/s/publish', bad)).status).toBe(422);
  const agent = await gateways[0]!.post('/v1/sessions/s/publish', { channel: 'c', data: 1, from: 'Ann' });
  expect(await problemOf(agent)).toMatchObject({ code: 'invalid_request' });
  expect((await gateways[0]!.post('/v1/sessions/nobody/publish', { channel: 'c', data: 1 })).status).toBe(
    404,
  );
});

test('who is removed follows the session no longer, on any gateway, and may not come back before the time', async () => {
  const [desk, phone, bob] = [
    await follow('ana', gateways[0]!),
    await follow('ana', gateways[1]!),
    await follow('bob', gateways[1]!),
  ];
  const watching = presenceOf(bob);
  await Promise.all([presenceOf(desk).join(), presenceOf(phone).join(), watching.join()]);
  await here(watching, 'ana 2', 'bob 1');
  const { token } = await TOKENS.mint('dev', { subject: 'ana', sessions: ['s'], role: 'participant' });
  const headers = { authorization: `Bearer ${token}` };
  const stream = await gateways[0]!.call('/v1/sessions/s/stream', { headers });
  expect((await gateways[1]!.post('/v1/sessions/s/kick', { subject: 'ana' }, headers)).status).toBe(403);
  expect((await gateways[1]!.post('/v1/sessions/s/kick', { subject: 'ana', forMs: 600 })).status).toBe(200);
  const failed = ({ status }: Session): boolean => status.state === 'failed';
  await eventually('both devices are out', () => failed(desk) && failed(phone));
  expect(desk.status.error).toMatchObject({ code: 'kicked' });
  const last: string[] = [];
  for await (const frame of frames(stream)) last.push(frame);
  expect(last.at(-1)).toBe('event: bye\ndata: {"code":"kicked","retry":false,"retryAfterMs":0}');
  await here(watching, 'bob 1');
  expect(bob.status.state).toBe('live');
  const refused = await gateways[1]!.call('/v1/sessions/s/stream', { headers });
  expect(await problemOf(refused)).toMatchObject({ status: 403, code: 'kicked', retryable: false });
  // Also by a gateway that has not heard of it.
  const third = await start();
  expect(await problemOf(await third.call('/v1/sessions/s/stream', { headers }))).toMatchObject({
    code: 'kicked',
  });
  await third.gateway.drain();
  await eventually('she may come back', async () => {
    const leave = new AbortController();
    const { status } = await gateways[1]!.call('/v1/sessions/s/stream', { headers, signal: leave.signal });
    leave.abort();
    return status === 200;
  });
  expect(deeds).toEqual([
    {
      ...{ actor: 'environment', tenant: 'dev', action: 'session.kick', target: 's' },
      detail: { subject: 'ana', forMs: 600 },
    },
  ]);
});
