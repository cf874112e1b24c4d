/** A tenant that sends more than it may: the same is told in headers, in a problem and in an acknowledgement. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LimitUse } from '../../src/contracts/index.ts';
import { createAuthenticator, createIntake, limited } from '../../src/ingest/index.ts';
import { rateLimited } from '../../src/quota/index.ts';
import { OPEN_DOOR } from '../support/admission.ts';
import { FakeCalls } from './fake-calls.ts';
import { ask, connected, problemOf, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

const USED: readonly LimitUse[] = [
  { limit: 'messagesPerMinute', most: 600, windowMs: 60_000, used: 100, left: 0, backInMs: 2_100 },
  { limit: 'sessionMessagesPerMinute', most: 20, windowMs: 60_000, used: 4, left: 0, backInMs: 4_200 },
];

let rig: Rig;

beforeAll(async () => {
  const intake = createIntake({
    ...{ calls: new FakeCalls(), ...OPEN_DOOR },
    authenticator: createAuthenticator({ keys: new Map(), devKey: true }),
    defaultAgents: [{ name: 'a', runner: 'scripted' }],
    storedOf: async () => null,
    isArchived: async () => false,
    agentsOf: async () => ['a'],
    reopen: async () => undefined,
    admission: limited(OPEN_DOOR.admission, {
      limitsOf: () => ({ messagesPerMinute: 600 }),
      buckets: {
        take: async (_limits, { messageId }) => (messageId === 'one-more' ? USED : 'fresh'),
        giveBack: async () => undefined,
      },
      fleet: { gateways: 1 },
    }),
  });
  rig = await startRig({ intake });
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
