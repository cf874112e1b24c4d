/** An attack on a gateway by clients that mean no good, in every way that is known: each assault ends by itself. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { frame, get, greetedSocket, rawConnection, rawSocket, text } from './hostile.ts';
import type { RawConnection } from './hostile.ts';

export interface Target {
  readonly port: number;
  readonly key: string;
  /** A session of this key. */
  readonly session: string;
  /** For so long they hold what they have opened, if nobody ends it. */
  readonly heldMs: number;
}

const crowd = <T>(count: number, open: (index: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => open(index)));

function deaf(raw: RawConnection): RawConnection {
  raw.socket.removeAllListeners('data').pause();
  return raw;
}

/** Writes and waits for a while; then half of them close, and the others reset. */
async function hold(raws: readonly RawConnection[], heldMs: number, data: string | Buffer): Promise<void> {
  for (const raw of raws) raw.write(data);
  await pause(heldMs);
  for (const [index, { socket }] of raws.entries())
    if (index % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
}

const NESTED = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
const times = (count: number, piece: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => piece(index)));

/** A message as text; `length`: what its head says. */
function post(session: string, key: string, body: string, length = body.length): string {
  const head = { Host: 'x', Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const lines = Object.entries({ ...head, 'Content-Length': length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `POST /v1/sessions/${session}/messages HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

type Assault = (target: Target) => Promise<void>;

/** By name. */
export const ASSAULTS: Readonly<Record<string, Assault>> = {
  async 'requests ahead of the answers, unread'({ port, key, session, heldMs }) {
    const raws = (await crowd(8, () => rawConnection(port))).map(deaf);
    const page = get(`/v1/sessions/${session}/events`, { Authorization: `Bearer ${key}` });
    await hold(raws, heldMs, get('/docs/assets/swagger-ui-bundle.js').repeat(500) + page.repeat(500));
  },
  async 'pages of events, as fast as they come'({ port, key, session, heldMs }) {
    const page = get(`/v1/sessions/${session}/events`, { Authorization: `Bearer ${key}` });
    await hold(await crowd(10, () => rawConnection(port)), heldMs, page.repeat(12));
  },
  async 'a flood of connections'({ port, heldMs }) {
    await hold(await crowd(200, () => rawConnection(port)), heldMs, 'GET / HTTP/1.1\r\nHost: x\r\n');
  },
  async 'no HTTP'({ port, heldMs }) {
    const raws = await crowd(20, () => rawConnection(port));
    await hold(raws, heldMs, Buffer.concat([Buffer.from([22, 3, 1]), randomBytes(4_000)]));
  },
  async 'bodies that never end'({ port, key, session, heldMs }) {
    const raws = await crowd(40, () => rawConnection(port));
    await hold(raws, heldMs, post(session, key, '{"text":"', 60_000));
  },
  async 'bodies without sense'({ port, key, session, heldMs }) {
    const raws = await crowd(10, () => rawConnection(port));
    await hold(raws, heldMs, post(session, key, NESTED).repeat(8));
  },
  async 'sessions that nobody knows'({ port, key, heldMs }) {
    const raws = await crowd(20, () => rawConnection(port));
    const unknown = (): string =>
      get(`/v1/sessions/s_${randomBytes(8).toString('hex')}`, { Authorization: `Bearer ${key}` });
    await hold(raws, heldMs, Array.from({ length: 10 }, unknown).join(''));
  },
  async 'wrong keys'({ port, heldMs }) {
    const wrong = get('/v1/sessions', { Authorization: `Bearer ${randomBytes(8).toString('hex')}` });
    await hold(await crowd(20, () => rawConnection(port)), heldMs, wrong.repeat(10));
  },
  async 'greetings for odd namespaces'({ port, heldMs }) {
    await hold(
      await crowd(10, () => rawSocket(port)),
      heldMs,
      times(2_000, (index) => text(`40/n${index},{}`)),
    );
  },
  async 'frames without sense'({ port, key, heldMs }) {
    const raws = await crowd(10, () => greetedSocket(port, key));
    await hold(raws.slice(0, 5), heldMs, Buffer.concat([frame(2, 'abc'), randomBytes(2_000)]));
    await hold(
      raws.slice(5),
      heldMs,
      times(200, (index) => text(`42${index}["subscribe",{"session":${index}}]`)),
    );
  },
  async 'pings without end, unread'({ port, key, heldMs }) {
    const raws = (await crowd(10, () => greetedSocket(port, key))).map(deaf);
    await hold(
      raws,
      heldMs,
      times(3_000, () => frame(9, 'x'.repeat(100))),
    );
  },
  async 'snapshots in a loop, unread'({ port, key, session, heldMs }) {
    const raws = (await crowd(10, () => greetedSocket(port, key))).map(deaf);
    await hold(
      raws,
      heldMs,
      times(400, (index) => text(`42${index}["subscribe",{"session":"${session}"}]`)),
    );
  },
  async 'event streams, unread'({ port, key, session, heldMs }) {
    const raws = (await crowd(40, () => rawConnection(port))).map(deaf);
    await hold(raws, heldMs, get(`/v1/sessions/${session}/stream`, { Authorization: `Bearer ${key}` }));
  },
};

/** Resolves when it is over: a gateway that is away, or cuts them early, ends it. */
export async function assault(name: string, target: Target): Promise<void> {
  await ASSAULTS[name]?.(target).catch(() => undefined);
}
