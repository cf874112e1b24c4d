/** What it costs that many are present in one session: to join, and while nothing changes. */
import { setTimeout as pause } from 'node:timers/promises';
import { BareClient, many } from '../client.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { callsSince, cpuMs, redisCalls } from '../sample.ts';
import { KEY, sidesOf } from '../sides.ts';
import type { Stage } from '../stage.ts';

/** Changes are told after this, ms; and a lease is renewed every 2 s. */
const SETTLED_MS = 1_000;

/** Scripts and reads of lists, a minute. Others (signs of life, positions) do not depend on who is present. */
async function callsPerMinute({ redis }: Stage, ms: number): Promise<number> {
  const before = await redisCalls(redis);
  await pause(ms);
  const after = await redisCalls(redis);
  const calls = ['evalsha', 'hgetall'].reduce((sum, name) => sum + callsSince(before, after, name), 0);
  return (calls * 60_000) / ms;
}

export async function measurePresence(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [members, idleMs] = short ? [50, 4_000] : [500, 20_000];
  const { product } = sidesOf(stage);
  const talk = await product.engine.open({ agents: 1, tokens: 1 });
  const clients = await many(members, 20, async () => {
    const client = await BareClient.connect(product.url, KEY);
    await product.follow(client, talk.session);
    return client;
  });
  const without = await callsPerMinute(stage, idleMs);
  let heard = 0;
  for (const client of clients) client.heard = () => void (heard += 1);
  const [before, cpu] = [await redisCalls(stage.redis), cpuMs(product.gateway.pid)];
  await many(members, 20, async (index) => {
    const answer = await clients[index]?.ask('presence', { session: talk.session, from: `p${index}` });
    if (!answer?.startsWith('[{"ok":true')) throw new Error(answer?.slice(0, 200));
  });
  await pause(SETTLED_MS);
  const used = cpuMs(product.gateway.pid) - cpu;
  const scripts = callsSince(before, await redisCalls(stage.redis), 'evalsha');
  const idle = await callsPerMinute(stage, idleMs);
  talk.close();
  for (const client of clients) client.close();
  const crowd = `${members} join one session`;
  return [
    stated('presenceJoin', `${crowd}: CPU of the gateway, ms each (frames told: ${heard})`, used / members),
    stated('presenceJoinCalls', `${crowd}: scripts in Redis each`, scripts / members),
    stated(
      'presenceIdle',
      'nothing changes: scripts and lists read in Redis, a minute (bare: nobody present)',
      idle,
      without,
    ),
  ];
}
