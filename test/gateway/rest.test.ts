/** REST over a real port: what is asked, what is answered, and what never happens. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problemOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.gateway.drain());

describe('the routes', () => {
  test('open, with id, location and replay', async () => {
    const first = await rig.post('/v1/sessions', { id: 's1' });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe('/v1/sessions/s1');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const again = await rig.post('/v1/sessions', { id: 's1' });
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.json()).toEqual(await first.json());
  });

  test('open with a team by name, or with its options, is the same request', async () => {
    const open = async (team: unknown): Promise<Response> => rig.post('/v1/sessions', { id: 's-team', team });
    expect((await open('parallel')).headers.get('idempotency-replayed')).toBeNull();
    const again = await open({ name: 'parallel' });
    expect(await again.json()).toMatchObject({ id: 's-team' });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await problemOf(await open({ name: 'parallel', options: { width: 2 } }))).code).toBe(
      'session_exists',
    );
    expect((await problemOf(await open({ name: 'mob' }))).code).toBe('unknown_team');
  });

  test('open without a body', async () => {
    const response = await rig.call('/v1/sessions', { method: 'POST', headers: { 'idempotency-key': 'k1' } });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      id: expect.stringMatching(/^s_[\w-]{43}$/),
      tenant: 'dev',
    });
  });

  test('send, and where it stands', async () => {
    const response = await rig.post('/v1/sessions/s/messages', { messageId: 'm1', text: 'Hello' });
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe('/v1/sessions/s/messages/m1');
    expect(await response.json()).toEqual({ session: 's', messageId: 'm1', status: 'accepted' });
    expect(await (await rig.call('/v1/sessions/s/messages/m')).json()).toMatchObject({
      status: 'consumed',
    });
    const missing = await rig.call('/v1/sessions/s/messages/never');
    expect((await problemOf(missing)).code).toBe('message_not_found');
  });

  test('an Idempotency-Key stands for a messageId, the same each time, another in another session', async () => {
    const send = async (session: string): Promise<string> => {
      const response = await rig.post(
        `/v1/sessions/${session}/messages`,
        { text: 'x' },
        { 'idempotency-key': 'k' },
      );
      return ((await response.json()) as { messageId: string }).messageId;
    };
    const id = await send('s');
    expect(id).toMatch(/^m_[\w-]{43}$/);
    expect(await send('s')).toBe(id);
    expect(await send('s2')).not.toBe(id);
  });

  test('snapshot, events, cancel, wake, close, list', async () => {
    expect(await (await rig.call('/v1/sessions/s')).json()).toMatchObject({
      session: 's',
      position: { epoch: 7, seq: 3 },
    });
    const page = (await (await rig.call('/v1/sessions/s/events?after=7:1&limit=1')).json()) as {
      data: { seq: number }[];
    };
    expect(page.data.map((each) => each.seq)).toEqual([2]);
    expect(await (await rig.post('/v1/sessions/s/cancel', { turn: 't1' })).json()).toEqual({
      status: 'cancelling',
      turn: 't1',
    });
    expect((await rig.call('/v1/sessions/s/cancel', { method: 'POST' })).status).toBe(200);
    expect(await (await rig.post('/v1/sessions/s/wake', {})).json()).toEqual({ status: 'woken', turn: 't1' });
    expect((await rig.call('/v1/sessions/s', { method: 'DELETE' })).status).toBe(204);
    expect((await rig.call('/v1/sessions/shut', { method: 'DELETE' })).status).toBe(204);
    expect(await (await rig.call('/v1/sessions?status=open&limit=5')).json()).toEqual({
      data: [],
      next: null,
    });
  });

  test('health needs no key; readiness follows its checks', async () => {
    expect(await (await fetch(`${rig.url}/healthz`)).json()).toEqual({ status: 'ok' });
    const sick = await startRig({
      checks: { good: async () => undefined, bad: () => Promise.reject(new Error('no')) },
    });
    const response = await fetch(`${sick.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      checks: { good: 'ok', bad: 'failed', files: 'ok', heap: 'ok', eventLoop: expect.any(String) },
    });
    await sick.gateway.drain();
  });

  test('every answer has a request id and no trace of the framework', async () => {
    const response = await rig.call('/v1/sessions/s', { headers: { 'x-request-id': 'mine-1' } });
    expect(response.headers.get('x-request-id')).toBe('mine-1');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const odd = await rig.call('/v1/sessions/s', { headers: { 'x-request-id': 'not an id' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });
});

test('a gateway without a page says at / where its documentation is', async () => {
  const answer = await rig.call('/');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    ...{ name: 'Convoke', docs: '/docs', openapi: '/openapi.json', ready: '/readyz' },
  });
});

describe('pages of other origins', () => {
  test('an allowed one may call, another may not', async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${rig.url}/v1/sessions`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await preflight('https://app.example.com');
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.example.com',
    ]);
    const refused = await preflight('https://evil.example.com');
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  });
});
