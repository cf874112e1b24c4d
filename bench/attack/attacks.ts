/** What a tenant with a valid key, or anybody without one, may do to a gateway without end. Each starts and goes on until the process ends. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { get, greetedSocket, rawConnection, rawSocket, text } from '../../test/support/hostile.ts';
import type { RawConnection } from '../../test/support/hostile.ts';

export interface Target {
  readonly port: number;
  /** Of the attacker's tenant. */
  readonly key: string;
  /** A session of the attacker's tenant, with a full page of events. */
  readonly session: string;
}

/** One of several that do the same; resolves when its connection is lost, and is begun again. */
type Attacker = (target: Target) => Promise<void>;

const bearer = (key: string): Readonly<Record<string, string>> => ({ Authorization: `Bearer ${key}` });

/** Resolves when the connection is over. What comes in is not kept. */
async function whileOpen(
  raw: RawConnection,
  heard: (chunk: Buffer, socket: Socket) => void = () => undefined,
): Promise<void> {
  const { socket } = raw;
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => heard(chunk, socket));
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
}

const count = (chunk: Buffer, what: string): number => chunk.toString('latin1').split(what).length - 1;

/** So many requests are always on the way on a connection. */
async function requests(port: number, ahead: number, request: () => string): Promise<void> {
  const raw = await rawConnection(port);
  for (let sent = 0; sent < ahead; sent += 1) raw.write(request());
  await whileOpen(raw, (chunk) => {
    for (let answered = count(chunk, 'HTTP/1.1 '); answered > 0; answered -= 1) raw.write(request());
  });
}

/** Asks and does not read. */
async function unread(port: number, asked: string): Promise<void> {
  const raw = await rawConnection(port);
  raw.socket.removeAllListeners('data').pause();
  raw.write(asked);
  // Only who writes learns that the other side has ended it.
  while (!raw.socket.destroyed) {
    await pause(200);
    raw.write('\r\n');
  }
}

const nested = (key: string): string => {
  const value = `${'[{"a":'.repeat(30)}1${'}]'.repeat(30)}`;
  const body = `{"text":"x","metadata":{"a":[${Array.from({ length: 240 }, () => value).join(',')}]}}`;
  const head = { ...bearer(key), 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
  return get('/v1/sessions/none/messages', head).replace('GET', 'POST') + body;
};

/** By name: how many at a time, and what each does. */
export const ATTACKS: Readonly<Record<string, readonly [many: number, Attacker]>> = {
  pages: [
    40,
    ({ port, key, session }) =>
      requests(port, 10, () => get(`/v1/sessions/${session}/events?limit=500`, bearer(key))),
  ],
  unknown: [
    60,
    ({ port, key }) =>
      requests(port, 1, () => get(`/v1/sessions/none-${Math.random().toString(36).slice(2)}`, bearer(key))),
  ],
  keys: [40, ({ port }) => requests(port, 1, () => get('/v1/sessions', bearer('wrong')))],
  nested: [8, ({ port, key }) => requests(port, 1, () => nested(key))],
  files: [20, ({ port }) => unread(port, get('/docs/assets/swagger-ui-bundle.js').repeat(1_000))],
  silent: [
    150,
    ({ port, key, session }) =>
      unread(port, get(`/v1/sessions/${session}/events?limit=500`, bearer(key)).repeat(10)),
  ],
  greetings: [
    8,
    async ({ port }) => {
      const raw = await rawSocket(port);
      raw.write(Buffer.concat(Array.from({ length: 1_000 }, (_, n) => text(`40/n${n},{}`))));
      await whileOpen(raw);
    },
  ],
  snapshots: [
    8,
    async ({ port, key, session }) => {
      const raw = await greetedSocket(port, key);
      const ask = (): void => raw.write(text(`421["subscribe",${JSON.stringify({ session })}]`));
      ask();
      await whileOpen(raw, (chunk) => {
        if (chunk.includes('431[')) ask();
      });
    },
  ],
  connections: [
    50,
    async ({ port }) => {
      const raw = await rawConnection(port);
      raw.end();
      await whileOpen(raw);
    },
  ],
};

export function attack(name: string, target: Target): void {
  const [many, attacker] = ATTACKS[name] ?? [0, () => Promise.reject(new Error(`no attack ${name}`))];
  const again = async (): Promise<never> => {
    for (;;) await attacker(target).catch(() => pause(50));
  };
  for (let number = 0; number < many; number += 1) void again();
}
