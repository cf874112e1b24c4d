/** What the tests of the client share: things that are closed after each test, and waiting for something that has a name. */
import { afterEach } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import type { Client, ClientOptions, Session, SessionStatus } from '../../src/client/index.ts';
import type { FakeLog } from './fake-log.ts';
import { ScriptedGateway } from './scripted-gateway.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export async function startGateway(log: FakeLog, port?: number): Promise<ScriptedGateway> {
  const gateway = await ScriptedGateway.start(log, port);
  closers.push(() => gateway.stop());
  return gateway;
}

export function startClient(url: string | string[], options: Partial<ClientOptions> = {}): Client {
  const client = connect({ url, token: 'key', reconnect: { minMs: 20, maxMs: 100 }, ...options });
  closers.push(() => client.close());
  return client;
}

/** Resolves with the first value, from now on, that passes the test. */
export function until<T>(
  subscribe: (listener: (value: T) => void) => () => void,
  test: (value: T) => boolean = () => true,
): Promise<T> {
  return new Promise((resolve) => {
    const stop = subscribe((value) => {
      if (!test(value)) return;
      stop();
      resolve(value);
    });
  });
}

/** Resolves once the connection is in that state. */
export async function stateOf(client: Client, state: Client['status']['state']): Promise<Client['status']> {
  if (client.status.state === state) return client.status;
  return until(
    (fn: (status: Client['status']) => void) => client.on('status', fn),
    (status) => status.state === state,
  );
}

/** Resolves once the session is in that state. */
export async function sessionState(session: Session, state: SessionStatus['state']): Promise<SessionStatus> {
  if (session.status.state === state) return session.status;
  return until(
    (fn: (status: SessionStatus) => void) => session.on('status', fn),
    (status) => status.state === state,
  );
}

/** Resolves once the view is as far as the log. */
export async function caughtUp(session: Session, log: FakeLog): Promise<void> {
  const same = (): boolean => JSON.stringify(session.view) === JSON.stringify(log.view);
  if (same()) return;
  await until((fn: (value: unknown) => void) => session.on('view', fn), same);
}

/** A storage like a tab's. */
export function memoryStorage(): {
  getItem: (key: string) => string | null;
  setItem: (key: string, value: string) => void;
  removeItem: (key: string) => void;
} {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value);
    },
    removeItem: (key) => {
      items.delete(key);
    },
  };
}
