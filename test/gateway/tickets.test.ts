/** Tickets: a stream of events for a browser's `EventSource`, which can send no header. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { Tickets } from '../../src/tenants/index.ts';
import { startRig, TICKETS, TOKENS } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
let other: Rig;
beforeAll(async () => {
  [rig, other] = [await startRig(), await startRig()];
});
afterAll(() => Promise.all([rig, other].map(({ gateway }) => gateway.drain())));

async function ticketFor(session: string, held = 'dev'): Promise<string> {
  const response = await rig.call(`/v1/sessions/${session}/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${held}` },
  });
  expect(response.status).toBe(201);
  const { ticket, expiresAt } = (await response.json()) as { ticket: string; expiresAt: number };
  expect(expiresAt - Date.now()).toBeLessThanOrEqual(LIMITS.ticketMs);
  return ticket;
}

/** The status of a request without a header. */
async function open(gateway: Rig, path: string): Promise<number> {
  const leave = new AbortController();
  const { status } = await fetch(`${gateway.url}${path}`, { signal: leave.signal });
  leave.abort();
  return status;
}

test('one opens the stream of its session, once, on any gateway', async () => {
  const path = `/v1/sessions/s/stream?ticket=${await ticketFor('s')}`;
  expect([await open(other, path), await open(other, path), await open(rig, path)]).toEqual([200, 401, 401]);
  const contested = `/v1/sessions/s/stream?ticket=${await ticketFor('s')}&after=7:3`;
  const crowd = await Promise.all([rig, other, rig, other].map((gateway) => open(gateway, contested)));
  expect(crowd.sort()).toEqual([200, 401, 401, 401]);
});

test('it opens nothing else', async () => {
  const ticket = await ticketFor('s1');
  for (const path of ['/v1/sessions/s1', '/v1/sessions/s1/events', '/v1/sessions'])
    expect([path, await open(rig, `${path}?ticket=${ticket}`)]).toEqual([path, 401]);
  expect(await open(rig, `/v1/sessions/s2/stream?ticket=${ticket}`)).toBe(401);
  // Whoever tries another session with it has used it up.
  expect(await open(rig, `/v1/sessions/s1/stream?ticket=${ticket}`)).toBe(401);
  for (const guess of ['', 'x', 'a'.repeat(43)])
    expect([guess, await open(rig, `/v1/sessions/s1/stream?ticket=${guess}`)]).toEqual([guess, 401]);
});

test('it is worth no more than the token that asked for it, and for no longer', async () => {
  const mint = async (sessions: string[], ttlMs?: number): Promise<string> =>
    (await TOKENS.mint('dev', { subject: 'ana', sessions, ...(ttlMs === undefined ? {} : { ttlMs }) })).token;
  const refused = await rig.call('/v1/sessions/s/tickets', {
    method: 'POST',
    headers: { authorization: `Bearer ${await mint(['mine'])}` },
  });
  expect(refused.status).toBe(404);
  // It is taken for a moment after its end, because clocks differ.
  const ticket = await ticketFor('s', await mint(['s'], -2_000));
  expect(await open(rig, `/v1/sessions/s/stream?ticket=${ticket}`)).toBe(401);
});

test('it opens nothing once whoever asked for it is refused', async () => {
  const revoked = new Set<string>();
  const tickets = new Tickets(TICKETS, ({ grant }) => revoked.has(grant?.id ?? ''));
  const grant = {
    subject: 'ana',
    sessions: ['s'],
    scopes: ['watch'] as const,
    roles: [],
    id: 'j',
    issuedAt: 0,
  };
  const principal = { tenant: 'dev', grant: { ...grant, expiresAt: Date.now() + 60_000 } };
  const [before, after] = [await tickets.issue(principal, 's'), await tickets.issue(principal, 's')];
  expect(await tickets.redeem(before.ticket, 's')).toEqual(principal);
  revoked.add('j');
  await expect(tickets.redeem(after.ticket, 's')).rejects.toMatchObject({ code: 'unauthorized' });
});
