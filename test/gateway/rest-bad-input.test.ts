/** REST and bad input: a stable code, a sentence that says what to do, nothing started, no stack, and the next request works. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConvokeError, LIMITS } from '../../src/contracts/index.ts';
import { KEY, problemOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.gateway.drain());

describe('bad input', () => {
  const json = { 'content-type': 'application/json' };
  const send = '/v1/sessions/s/messages';
  const good = '{"messageId":"m","text":"x"}';
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const cases: readonly (readonly [string, string, Parameters<Rig['call']>[1], number, string])[] = [
    ['malformed', send, { method: 'POST', body: '{"a":', headers: json }, 400, 'malformed_json'],
    [
      'not UTF-8',
      send,
      { method: 'POST', body: new Uint8Array([0x22, 0xff, 0x22]), headers: json },
      400,
      'malformed_json',
    ],
    [
      'overlong UTF-8',
      send,
      { method: 'POST', body: new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), headers: json },
      400,
      'malformed_json',
    ],
    [
      'form',
      send,
      { method: 'POST', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    [
      'other charset',
      send,
      { method: 'POST', body: good, headers: { 'content-type': 'application/json; charset=utf-16' } },
      415,
      'unsupported_media_type',
    ],
    [
      'compressed',
      send,
      { method: 'POST', body: good, headers: { ...json, 'content-encoding': 'gzip' } },
      415,
      'unsupported_media_type',
    ],
    [
      'one byte too many',
      send,
      { method: 'POST', body: `${good}${' '.repeat(LIMITS.requestBytes + 1 - good.length)}`, headers: json },
      413,
      'too_large',
    ],
    ['too deep', send, { method: 'POST', body: deep, headers: json }, 422, 'too_deep'],
    ['an array', send, { method: 'POST', body: '[]', headers: json }, 422, 'invalid_request'],
    [
      'extra',
      send,
      { method: 'POST', body: '{"messageId":"m","text":"x","a":1}', headers: json },
      422,
      'invalid_request',
    ],
    ['no messageId', send, { method: 'POST', body: '{"text":"x"}', headers: json }, 422, 'invalid_request'],
    ['empty', send, { method: 'POST' }, 422, 'invalid_request'],
    [
      'prototype',
      '/v1/sessions',
      { method: 'POST', body: '{"metadata":{"__proto__":1}}', headers: json },
      422,
      'invalid_request',
    ],
    [
      'unknown team',
      '/v1/sessions',
      { method: 'POST', body: '{"team":"mob"}', headers: json },
      422,
      'unknown_team',
    ],
    [
      'bad idempotency key',
      '/v1/sessions',
      { method: 'POST', headers: { 'idempotency-key': 'a b' } },
      422,
      'invalid_request',
    ],
    [
      'unknown session',
      '/v1/sessions/nobody/messages',
      { method: 'POST', body: good, headers: json },
      404,
      'session_not_found',
    ],
    [
      'closed session',
      '/v1/sessions/shut/messages',
      { method: 'POST', body: good, headers: json },
      409,
      'session_closed',
    ],
    [
      'wrong tenant',
      send,
      { method: 'POST', body: good, headers: { ...json, authorization: 'Bearer other' } },
      404,
      'session_not_found',
    ],
    [
      'wrong key',
      send,
      { method: 'POST', body: good, headers: { ...json, authorization: 'Bearer nope' } },
      401,
      'unauthorized',
    ],
    ['no key', '/v1/sessions/s', { headers: { authorization: '' } }, 401, 'unauthorized'],
    [
      'unknown turn',
      '/v1/sessions/s/cancel',
      { method: 'POST', body: '{"turn":"t9"}', headers: json },
      404,
      'turn_not_found',
    ],
    ['bad id', '/v1/sessions/a%3Ab', {}, 422, 'invalid_request'],
    ['id with a slash', '/v1/sessions/..%2f..', {}, 422, 'invalid_request'],
    ['id with NUL', '/v1/sessions/%00', {}, 422, 'invalid_request'],
    ['long id', `/v1/sessions/${'x'.repeat(300)}`, {}, 422, 'invalid_request'],
    ['broken escape', '/v1/sessions/%zz', {}, 404, 'not_found'],
    ['bad cursor', '/v1/sessions/s/events?after=x', {}, 422, 'invalid_cursor'],
    ['cursor beyond the end', '/v1/sessions/s/events?after=99', {}, 422, 'invalid_cursor'],
    ['bad limit', '/v1/sessions/s/events?limit=501', {}, 422, 'invalid_request'],
    ['twice the same', '/v1/sessions/s/events?limit=1&limit=2', {}, 422, 'invalid_request'],
    ['nested query', '/v1/sessions/s/events?a[__proto__][x]=1', {}, 422, 'invalid_request'],
    ['a time that is none', '/v1/sessions?createdAfter=soon', {}, 422, 'invalid_request'],
    ['prototype query', '/v1/sessions?__proto__=1', {}, 422, 'invalid_request'],
    ['5,000 parameters', `/v1/sessions?${'a=1&'.repeat(3_000)}`, {}, 422, 'invalid_request'],
    [
      'bad Last-Event-ID',
      '/v1/sessions/s/stream',
      { headers: { 'last-event-id': 'x' } },
      422,
      'invalid_cursor',
    ],
    ['stream of nobody', '/v1/sessions/nobody/stream', {}, 404, 'session_not_found'],
    ['other method', '/v1/sessions/s', { method: 'PATCH' }, 405, 'method_not_allowed'],
    ['other path', '/v1/session', {}, 404, 'not_found'],
    ['other case', '/V1/sessions', {}, 404, 'not_found'],
    ['a file of the docs package', '/docs/assets/package.json', {}, 404, 'not_found'],
  ];
  test.each(cases)('%s', async (...[, path, init, status, code]) => {
    const before = rig.calls.sent.length + rig.calls.opened.length;
    const response = await rig.call(path, init);
    const problem = await problemOf(response);
    expect([response.status, problem.code, problem.status]).toEqual([status, code, status]);
    expect(problem.detail.length).toBeGreaterThan(5);
    expect(problem.requestId).toBe(response.headers.get('x-request-id'));
    expect(JSON.stringify(problem)).not.toMatch(/node_modules|\.ts|at [A-Z]\w+\./);
    expect(rig.calls.sent.length + rig.calls.opened.length).toBe(before);
    expect((await rig.call('/healthz')).status).toBe(200);
  });

  test('405 says what is allowed', async () => {
    expect((await rig.call('/v1/sessions/s', { method: 'PUT' })).headers.get('allow')).toBe(
      'GET, HEAD, DELETE',
    );
  });

  test('an endless chunked body is cut off', async () => {
    const sent = httpRequest({
      port: rig.port,
      method: 'POST',
      path: send,
      headers: { ...json, authorization: `Bearer ${KEY}` },
    });
    const answer = new Promise<number | undefined>((resolve) =>
      sent.once('response', (res) => resolve(res.resume().statusCode)),
    );
    const gone = new Promise((resolve) => sent.once('close', resolve));
    sent.on('error', () => undefined);
    const pour = (): void => {
      while (!sent.destroyed && sent.write('x'.repeat(16_384)));
    };
    sent.on('drain', pour);
    pour();
    expect(await answer).toBe(413);
    await gone;
    expect((await rig.call('/healthz')).status).toBe(200);
  });

  test('a broken HTTP request ends its connection and nothing else', async () => {
    const socket = connect(rig.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    socket.write(
      'POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx',
    );
    await closed;
    expect((await rig.call('/healthz')).status).toBe(200);
  });

  test('an unknown failure is logged and not told', async () => {
    const send = rig.calls.send.bind(rig.calls);
    rig.calls.send = () => Promise.reject(new Error('secret of the house'));
    const response = await rig.post('/v1/sessions/s/messages', { messageId: 'm', text: 'x' });
    rig.calls.send = send;
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(rig.errors.at(-1)).toMatchObject({ code: 'internal', err: { message: 'secret of the house' } });
  });

  test('a busy engine is a 503 with the time to come back', async () => {
    const send = rig.calls.send.bind(rig.calls);
    rig.calls.send = () => Promise.reject(new ConvokeError('temporal_unavailable', 'Again.'));
    const response = await rig.post('/v1/sessions/s/messages', { messageId: 'm', text: 'x' });
    rig.calls.send = send;
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await problemOf(response)).toMatchObject({ retryable: true, retryAfterMs: 2_000 });
  });
});
