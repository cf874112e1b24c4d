/** The door for notes: who says what, how much of it, and what of that is passed on. */
import { expect, test } from '@jest/globals';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { SessionNote } from '../../src/contracts/index.ts';
import { createNotes, Rates } from '../../src/ingest/index.ts';
import type { Principal } from '../../src/tenants/index.ts';

const KEY: Principal = { tenant: 'acme' };
const ANA: Principal = {
  tenant: 'acme',
  grant: {
    ...{ subject: 'ana', name: 'Ana', sessions: ['s'], scopes: ['watch', 'send'], roles: [] },
    ...{ id: '1', issuedAt: 0, expiresAt: 1 },
  },
};

function scene() {
  const told: SessionNote[] = [];
  const reads: unknown[] = [];
  const notes = createNotes({
    log: { tell: async (_ref, note) => void told.push(note) },
    rows: { kick: async () => undefined },
    rates: new Rates({
      limitsOf: () => ({}),
      buckets: { take: async () => 'fresh', giveBack: async () => undefined },
      fleet: { gateways: 1 },
    }),
    stands: async () => ({ epoch: 1, seq: 9 }),
    advance: (...read) => void reads.push(read),
    agentsOf: async () => ['writer'],
    followedAgents: () => null,
    audit: { note: () => undefined },
  });
  return { told, reads, notes };
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (isConvokeError(error) ? error.code : String(error)),
  );

test('a token says who it is, whatever the request says; a key has to say it, and cannot be an agent', async () => {
  const { notes, told, reads } = scene();
  const ok = (): void => undefined;
  await notes.typing(ANA, 's', { on: true, from: 'mallory' }, ok);
  await notes.publish(ANA, 's', { channel: 'c', data: [1], from: 'mallory' });
  await notes.read(ANA, 's', { seq: 12, from: 'mallory' });
  await notes.typing(KEY, 's', { on: false, from: 'bob' }, ok);
  await notes.publish(KEY, 's', { channel: 'c', data: null });
  expect(told).toEqual([
    { kind: 'typing', subject: 'ana', name: 'Ana', on: true },
    { kind: 'published', channel: 'c', data: [1], from: 'ana' },
    { kind: 'typing', subject: 'bob', on: false },
    { kind: 'published', channel: 'c', data: null },
  ]);
  expect(reads).toEqual([[{ tenant: 'acme', session: 's' }, 'ana', 9]]);
  expect(await notes.presence(ANA, 's', { device: 'phone', from: 'mallory' })).toMatchObject({
    member: { subject: 'ana', name: 'Ana', device: 'phone' },
  });
  expect(await codeOf(notes.presence(KEY, 's', {}))).toBe('invalid_request');
  expect(await codeOf(notes.presence(KEY, 's', { from: 'Writer' }))).toBe('invalid_request');
  expect(await codeOf(notes.publish(KEY, 's', { channel: 'c', data: 1, from: 'writer' }))).toBe(
    'invalid_request',
  );
  expect(await codeOf(notes.kick(ANA, 's', { subject: 'bob' }))).toBe('forbidden');
  expect(await codeOf(notes.publish(ANA, 'other', { channel: 'c', data: 1 }))).toBe('session_not_found');
});

test('a session is told so much at once and no more, whoever publishes; others go on', async () => {
  const { notes, told } = scene();
  const { burst } = LIMITS.publishes;
  const publish = (session: string): Promise<string> =>
    codeOf(notes.publish(KEY, session, { channel: 'c', data: 1 }));
  const codes = await Promise.all(Array.from({ length: burst + 50 }, () => publish('s')));
  expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(burst);
  expect(codes.filter((code) => code === 'rate_limited').length).toBeGreaterThan(20);
  expect(await publish('s2')).toBe('ok');
  expect(told.length).toBe(codes.filter((code) => code === 'ok').length + 1);
});
