/** Admission on a real Redis: what waits is bounded before it is signalled, also while Redis is away. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { Message, SessionRef } from '../../src/contracts/index.ts';
import { createAdmission } from '../../src/ingest/index.ts';
import type { Admission } from '../../src/ingest/admit.ts';
import { connectRedis, createRedisLog } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let admission: Admission;
let close: () => void;

beforeAll(async () => {
  redis = await startRedis();
  const [commands, subscriber] = [
    connectRedis(redis.url, () => undefined),
    connectRedis(redis.url, () => undefined),
  ];
  await Promise.all([commands.connect(), subscriber.connect()]);
  // A busy machine may take its time; a Redis that is away says so at once.
  admission = createAdmission(createRedisLog({ commands, subscriber }), 10_000);
  close = () => {
    commands.disconnect();
    subscriber.disconnect();
  };
});

afterAll(async () => {
  close();
  await redis.stop();
});

function message(messageId: string, chars = 10): Message {
  return { messageId, parts: [{ type: 'text', text: 'x'.repeat(chars) }], receivedAt: 1 };
}

/** How many of so many messages are admitted, sent at once. */
async function admitted(ref: SessionRef, count: number, chars?: number): Promise<number> {
  const sends = Array.from({ length: count }, (_, index) =>
    admission.admit(ref, message(`m${index}`, chars)),
  );
  const results = await Promise.allSettled(sends);
  for (const result of results) {
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ code: 'inbox_full', retryAfterMs: 2_000 });
  }
  return results.filter(({ status }) => status === 'fulfilled').length;
}

test('admits so many messages, so many bytes of them, and a repeat of what it has admitted', async () => {
  const many = { tenant: 'acme', session: 'many' };
  expect(await admitted(many, LIMITS.inboxMessages + 20)).toBe(LIMITS.inboxMessages);
  await admission.admit(many, message('m0'));
  const large = { tenant: 'acme', session: 'large' };
  const count = await admitted(large, 20, 30_000);
  expect(count).toBe(Math.floor(LIMITS.inboxBytes / 30_035));
});

test('gives room back for a message that was refused after all', async () => {
  const ref = { tenant: 'acme', session: 'back' };
  await admitted(ref, LIMITS.inboxMessages);
  await expect(admission.admit(ref, message('late'))).rejects.toMatchObject({ code: 'inbox_full' });
  await admission.giveBack(ref, { messageId: 'm7' });
  await admission.admit(ref, message('late'));
});

test('keeps a bound of its own while Redis is away, and forgets it when Redis is back', async () => {
  const ref = { tenant: 'acme', session: 'away' };
  await redis.kill();
  expect(await admitted(ref, LIMITS.awayMessages + 5)).toBe(LIMITS.awayMessages);
  await redis.start();
  await eventually('Redis counts again', () =>
    admission.admit(ref, message('again')).then(
      () => true,
      () => false,
    ),
  );
});

test('while Redis is away many sessions of a tenant get no more, and leave room for others', async () => {
  const away = {
    admit: async () => Promise.reject(new ConvokeError('log_unavailable')),
    release: async () => undefined,
  };
  const local = createAdmission(away);
  const first = { tenant: 'acme', session: 'first' };
  const full = { code: 'inbox_full' };
  for (let n = 0; n < LIMITS.awayMessages; n += 1) await local.admit(first, message(`m${n}`));
  const letsIn = async (tenant: string, session: string) =>
    local.admit({ tenant, session }, message('m')).then(
      () => 1,
      () => 0,
    );
  let taken = 0;
  for (let n = 0; n < LIMITS.awaySessions + 100; n += 1) taken += await letsIn('acme', `s${n}`);
  expect(taken).toBe(LIMITS.awaySessionsOfTenant - 1 + LIMITS.awayMessages);
  await expect(local.admit(first, message('more'))).rejects.toMatchObject(full);
  expect(await letsIn('other', 's')).toBe(1);
});
