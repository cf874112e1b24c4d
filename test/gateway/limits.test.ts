/** A tenant that sends more than it may: the same is told in headers, in a problem and in an acknowledgement. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConvokeError } from '../../src/contracts/index.ts';
import type { LimitUse } from '../../src/contracts/index.ts';
import { createAuthenticator, createIntake, limited, Rates } from '../../src/ingest/index.ts';
import { rateLimited } from '../../src/quota/index.ts';
import { OPEN_DOOR } from '../support/admission.ts';
import { FakeCalls } from './fake-calls.ts';
import { ask, connected, next, problemOf, startRig, TOKENS, until } from './harness.ts';
import type { Rig } from './harness.ts';

const USED: readonly LimitUse[] = [
  { limit: 'messagesPerMinute', most: 600, windowMs: 60_000, used: 100, left: 0, backInMs: 2_100 },
  { limit: 'sessionMessagesPerMinute', most: 20, windowMs: 60_000, used: 4, left: 0, backInMs: 4_200 },
];

const FULL: readonly LimitUse[] = [{ limit: 'connections', most: 1, used: 1, left: 0 }];

let rig: Rig;
/** Sockets and streams that are counted. */
let connections = 0;

beforeAll(async () => {
  const intake = createIntake({
    ...{ calls: new FakeCalls(), ...OPEN_DOOR },
    authenticator: createAuthenticator({ keys: new Map(), devKey: true, tokens: TOKENS }),
    defaultAgents: [{ name: 'a', runner: 'scripted' }],
    storedOf: async () => null,
    isArchived: async () => false,
    agentsOf: async () => ['a'],
    reopen: async () => undefined,
    admission: limited(
      OPEN_DOOR.admission,
      new Rates({
        limitsOf: () => ({ messagesPerMinute: 600 }),
        buckets: {
          take: async (_limits, asked) =>
            'messageId' in asked && asked.messageId === 'one-more' ? USED : 'fresh',
          giveBack: async () => undefined,
        },
        fleet: { gateways: 1 },
      }),
    ),
  });
  const quota = {
    async connect() {
      if (connections >= 1) throw new ConvokeError('quota_exceeded', 'Too many.', { limits: FULL });
      connections += 1;
      return () => void (connections -= 1);
    },
    usage: async () => USED,
    waiting: async () => 0,
    holders: async () => [],
  };
  rig = await startRig({ intake, quota });
});

afterAll(() => rig.gateway.drain());

test('over HTTP: 429 with Retry-After, RateLimit and RateLimit-Policy, and what to do', async () => {
  const accepted = await rig.post('/v1/sessions/s/messages', { messageId: 'm', text: 'hi' });
  expect(accepted.status).toBe(202);
  const refused = await rig.post('/v1/sessions/s/messages', { messageId: 'one-more', text: 'hi' });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(refused.headers.get('ratelimit-policy')).toBe(
    '"messagesPerMinute";q=600;w=60, "sessionMessagesPerMinute";q=20;w=60',
  );
  expect(refused.headers.get('ratelimit')).toBe(
    '"messagesPerMinute";r=0;t=3, "sessionMessagesPerMinute";r=0;t=5',
  );
  expect(await problemOf(refused)).toMatchObject({
    ...{ code: 'rate_limited', retryable: true, retryAfterMs: 4_200, limits: USED },
    detail: expect.stringContaining('messagesPerMinute (600)'),
  });
});

test('over a socket: the same problem', async () => {
  const socket = await connected(rig.socket());
  const reply = await ask(socket, 'send', { session: 's', messageId: 'one-more', text: 'hi' });
  const { code, message: detail } = rateLimited(USED);
  expect(reply).toMatchObject({
    ok: false,
    problem: { code, detail, retryable: true, retryAfterMs: 4_200, limits: USED },
  });
  socket.disconnect();
});

test('one connection too many is told what a socket is told; those that end are counted no longer', async () => {
  await until(() => connections === 0);
  const first = await connected(rig.socket());
  const second = rig.socket();
  const [refused] = (await next(second, 'connect_error')) as [{ readonly data: unknown }];
  expect(refused.data).toMatchObject({ code: 'quota_exceeded', retryable: true, limits: FULL });
  const stream = await rig.call('/v1/sessions/s/stream');
  expect(stream.status).toBe(429);
  expect(stream.headers.get('ratelimit')).toBe('"connections";r=0');
  first.disconnect();
  await until(() => connections === 0);
  // Of what is not there nothing is counted.
  expect((await rig.call('/v1/sessions/nobody/stream')).status).toBe(404);
  expect(connections).toBe(0);
  const followed = await rig.call('/v1/sessions/s/stream');
  expect(connections).toBe(1);
  await followed.body?.cancel();
  await until(() => connections === 0);
});

test('usage is told to keys, and not to tokens without the scope', async () => {
  expect(await (await rig.call('/v1/usage')).json()).toEqual({
    tenant: 'dev',
    limits: USED,
  });
  const token = async (role: 'operator' | 'participant'): Promise<string> =>
    (await TOKENS.mint('dev', { subject: 'ana', sessions: ['*'], role })).token;
  const get = async (role: 'operator' | 'participant'): Promise<number> =>
    (await rig.call('/v1/usage', { headers: { authorization: `Bearer ${await token(role)}` } })).status;
  expect(await get('operator')).toBe(200);
  expect(await get('participant')).toBe(403);
});
