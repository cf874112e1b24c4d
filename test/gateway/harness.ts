/** A gateway on a free port, with small doubles where the engine is not the thing under test. */
import { createRegistry, Erasures, Tickets, Tokens } from '../../src/tenants/index.ts';
import { OPEN_DOOR } from '../support/admission.ts';
import { createGateway } from '../../src/gateway/index.ts';
import type { Gateway, GatewayConfig } from '../../src/gateway/index.ts';
import { ConvokeError, emptyView } from '../../src/contracts/index.ts';
import type {
  SubscribeReply,
  Cursor,
  Position,
  Problem,
  Reply,
  SessionEvent,
  SessionInfo,
  SessionRef,
  SessionView,
} from '../../src/contracts/index.ts';
import type { Subscription, Delivery, Watcher } from '../../src/deliver/delivery.ts';
import {
  createAdministration,
  createEraser,
  createAuthenticator,
  createIntake,
} from '../../src/ingest/index.ts';
import type { Intake } from '../../src/ingest/index.ts';
import type { SessionCalls } from '../../src/temporal/index.ts';
import { ACCEPTED, FakeCalls, known } from './fake-calls.ts';
import { NO_PRESENCE, notesOf } from './fake-presence.ts';
import { io, type Socket } from 'socket.io-client';

export const KEY = 'dev';
const INFO: SessionInfo = {
  team: { name: 'sequence' },
  agents: [{ name: 'a', runner: 'scripted' }],
  metadata: {},
  createdAt: 1,
};

/** A view of session `s`, at position 7:3. */
export function view(session = 's'): SessionView {
  return emptyView('dev', session, INFO, { epoch: 7, seq: 3 });
}

export function event(seq: number, session = 's'): SessionEvent {
  const base = { v: 1, tenant: 'dev', session, epoch: 7, seq, at: 1 } as const;
  return { ...base, id: `turn:t${seq}:end`, type: 'turn.completed', turn: `t${seq}`, data: {} };
}

export class FakeDelivery implements Delivery {
  readonly watchers = new Set<Watcher>();
  /** Given to a watcher of a `resume` before the subscription resolves. */
  missed: SessionEvent[] = [];
  /** Given to a watcher in the very moment in which the subscription resolves. */
  immediate: SessionEvent[] = [];
  cursors: (Cursor | undefined)[] = [];
  /** Given to who subscribes without a cursor. */
  snapshotOf = view;
  leaveErasing = (): void => undefined;

  subscribe(ref: SessionRef, watcher: Watcher, cursor?: Cursor): Promise<Subscription> {
    const { promise, resolve, reject } = Promise.withResolvers<Subscription>();
    try {
      known(ref);
    } catch (error) {
      reject(error);
      return promise;
    }
    this.cursors.push(cursor);
    this.watchers.add(watcher);
    const unsubscribe = (): void => void this.watchers.delete(watcher);
    const reply: SubscribeReply =
      cursor === undefined
        ? { mode: 'snapshot', position: { epoch: 7, seq: 3 }, snapshot: this.snapshotOf(ref.session) }
        : { mode: 'resume', position: { epoch: 7, seq: 3 } };
    if (cursor !== undefined) for (const each of this.missed) watcher.event(each);
    resolve({ ...reply, unsubscribe });
    for (const each of this.immediate) watcher.event(each);
    return promise;
  }

  async snapshot(ref: SessionRef) {
    known(ref);
    return view(ref.session);
  }

  async page(ref: SessionRef, after: { readonly seq: number } | number, limit: number) {
    known(ref);
    const from = typeof after === 'number' ? after : after.seq;
    if (from > 3) throw new ConvokeError('invalid_cursor', 'That is beyond the end.');
    const data = [1, 2, 3]
      .filter((seq) => seq > from)
      .slice(0, limit)
      .map((seq) => event(seq, ref.session));
    return { data, next: null, head: { epoch: 7, seq: 3 } };
  }

  async receipt(ref: SessionRef, messageId: string) {
    known(ref);
    if (messageId !== 'm') throw new ConvokeError('message_not_found', 'Check the messageId.');
    return { session: ref.session, messageId, status: 'consumed' as const, turn: 't1' };
  }

  async story(ref: SessionRef, messageId: string) {
    known(ref);
    return messageId === 'm' ? { events: [ACCEPTED], newest: 1, truncated: false } : null;
  }

  pushed() {
    return { pushedAt: 5, connections: [{ id: 'c', kind: 'socket', since: 1, acknowledgedAt: 6 } as const] };
  }

  agents(): null {
    return null;
  }

  position(): Position | null {
    return null;
  }

  endedTurns(): readonly string[] {
    return [];
  }

  load = () => ({ sessions: 1, busiest: [] });
  async stop(): Promise<void> {
    this.watchers.clear();
  }
}

/** What several gateways share. */
const kept = new Map<string, string>();
export const TICKETS = {
  keep: async (id: string, value: string) => void kept.set(id, value),
  take: async (id: string) => {
    const found = kept.get(id) ?? null;
    kept.delete(id);
    return found;
  },
};

/** Nobody has any. */
export const NO_SCHEDULES: GatewayConfig['schedules'] = {
  create: () => Promise.reject(new ConvokeError('temporal_unavailable')),
  list: async () => ({ data: [], next: null }),
  change: () => Promise.reject(new ConvokeError('schedule_not_found')),
};

const SECRET = Buffer.alloc(32, 'k');
export const TOKEN_KEY = { id: 'k1', algorithm: 'HS256', signs: SECRET, verifies: SECRET } as const;
export const TOKENS = new Tokens([TOKEN_KEY]);

/** The keys `dev` and `other`; nothing is archived. */
export function intakeOf(
  calls: SessionCalls,
  changes: Partial<Parameters<typeof createIntake>[0]> = {},
): Intake {
  return createIntake({
    calls,
    authenticator: createAuthenticator({ keys: new Map([['other', 'other']]), devKey: true, tokens: TOKENS }),
    defaultAgents: [{ name: 'a', runner: 'scripted' }],
    storedOf: async () => null,
    isArchived: async () => false,
    ...OPEN_DOOR,
    agentsOf: async () => ['a'],
    followedAgents: () => null,
    reopen: async () => undefined,
    ...changes,
  });
}

const away = (): Promise<never> => Promise.reject(new ConvokeError('archive_unavailable'));
const NO_DATABASE = { create: away, read: away, write: away };

/** Nobody administers it, and nobody is refused. */
export const NO_REGISTRY: Pick<GatewayConfig, 'admin' | 'audit' | 'standing' | 'eraser'> = {
  eraser: createEraser({
    erasures: new Erasures(NO_DATABASE),
    registry: createRegistry(NO_DATABASE),
    exists: away,
    places: {
      archive: { erase: away, sessionsOf: away, closedBefore: away },
      log: away,
      temporal: { runs: away, schedules: away, sessions: away },
    },
  }),
  admin: createAdministration({
    registry: createRegistry(NO_DATABASE),
    erasures: new Erasures(NO_DATABASE),
    refresh: async () => undefined,
  }),
  audit: { note: () => undefined },
  standing: { refuses: () => false, onChange: () => undefined },
};

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };

export interface Rig {
  readonly gateway: Gateway;
  readonly port: number;
  readonly url: string;
  readonly calls: FakeCalls;
  readonly delivery: FakeDelivery;
  readonly errors: object[];
  /** A request with the key, unless headers say otherwise. */
  call(path: string, init?: Init): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  socket(options?: Parameters<typeof io>[1]): Socket;
}

export async function startRig(changes: Partial<GatewayConfig> = {}): Promise<Rig> {
  const calls = new FakeCalls();
  const delivery = new FakeDelivery();
  const errors: object[] = [];
  const quiet = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => void errors.push(fields),
  };
  const gateway = createGateway({
    intake: intakeOf(calls),
    schedules: NO_SCHEDULES,
    notes: notesOf(),
    ...{ presence: NO_PRESENCE, tokens: TOKENS },
    tickets: new Tickets(TICKETS),
    ...NO_REGISTRY,
    delivery,
    logger: quiet,
    checks: {},
    origins: ['https://app.example.com'],
    devMode: false,
    ...changes,
  });
  const { port } = await gateway.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const call = (path: string, init: Init = {}): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${KEY}`, ...init.headers } });
  return {
    gateway,
    port,
    url,
    calls,
    delivery,
    errors,
    call,
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    socket: (options = {}) =>
      io(url, {
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        auth: { token: KEY },
        ...options,
      }),
  };
}

/** Resolves with the arguments of the next `name`. */
export function next(socket: Socket, name: string): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(name, (...args: unknown[]) => resolve(args)));
}

export async function connected(socket: Socket): Promise<Socket> {
  await next(socket, 'connect');
  return socket;
}

/** One request over a socket. */
export function ask(socket: Socket, name: string, ...args: unknown[]): Promise<Reply<never>> {
  return socket.timeout(5_000).emitWithAck(name, ...args) as Promise<Reply<never>>;
}

export async function problemOf(response: Response): Promise<Problem> {
  expectType(response.headers.get('content-type'));
  return (await response.json()) as Problem;
}

function expectType(type: string | null): void {
  if (type?.startsWith('application/problem+json') !== true)
    throw new Error(`Not a problem: ${String(type)}`);
}

/** The frames of an event stream, as blocks of text, as they arrive. */
export async function* frames(response: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

/** Waits for a named condition. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
