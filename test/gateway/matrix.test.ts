/**
 * Whoever may not: over every route of the API's own description and every request of a socket, nothing leaks, not even whether there is such a
 * session. The same answer after the same look-ups takes as long.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { ConvokeError } from '../../src/contracts/index.ts';
import type { SessionRef, SocketRequestName } from '../../src/contracts/index.ts';
import type { ServedFiles } from '../../src/gateway/index.ts';
import { Refusals } from '../../src/gateway/edge/refusals.ts';
import { createAuthenticator, createSchedules } from '../../src/ingest/index.ts';
import type { PastDeps } from '../../src/log/index.ts';
import { SCOPES } from '../../src/tenants/index.ts';
import { DIRECTORY, minted, nobodys, recorded, TOKENS } from './credentials.ts';
import { BODIES, isSession, REQUESTS, ROUTES, scopeOf } from './needs.ts';
import { FakeCalls, known } from './fake-calls.ts';
import { ask, connected, FakeDelivery, intakeOf, next, startRig } from './harness.ts';
import type { Rig } from './harness.ts';

const calls: unknown[][] = [];
const schedules = {
  ...{ create: () => Promise.reject(new ConvokeError('schedule_exists')) },
  ...{ list: async () => ({ data: [], next: null }) },
  ...{ pause: async () => undefined, resume: async () => undefined },
  ...{ remove: async () => undefined, trigger: async () => undefined },
};

const past = {
  read: async (ref: SessionRef) => {
    known(ref);
    const info = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 };
    return { position: { epoch: 7, seq: 3 }, first: 1, info, events: [], open: [] };
  },
};

const files = {
  find: async (ref: SessionRef) => {
    known(ref);
    throw new ConvokeError('file_not_found');
  },
  store: async (ref: SessionRef) => {
    known(ref);
    throw new ConvokeError('files_unavailable');
  },
} as unknown as ServedFiles['files']; // safety: nothing else is called here

let rig: Rig;
let routes: readonly Route[];
beforeAll(async () => {
  const keys = new Map([['other', 'other']]);
  rig = await startRig({
    devMode: true,
    supervisor: { processes: () => [{ name: 'p', kind: 'worker', since: 1 }], kill: () => undefined },
    tokens: TOKENS,
    intake: intakeOf(recorded(new FakeCalls(), calls), {
      authenticator: createAuthenticator({ keys, devKey: true, tokens: TOKENS, directory: DIRECTORY }),
      past: { log: recorded(past, calls) } as unknown as PastDeps, // safety: a fork asks the log alone
    }),
    schedules: createSchedules(recorded(schedules, calls), async () => []),
    delivery: recorded(new FakeDelivery(), calls),
    files: recorded({ files: recorded(files, calls), exists: async () => true }, calls),
  });
  routes = await described();
});
afterAll(() => rig.gateway.drain());
beforeEach(() => void calls.splice(0));

interface Route {
  readonly id: string;
  readonly method: string;
  /** With the session `session`. */
  readonly path: (session: string) => string;
  readonly need: string;
}

interface Description {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { operationId?: string; security?: readonly unknown[] }>>>
  >;
}

/** Every route that takes a key, HEAD where there is GET, and those of development. */
async function described(): Promise<readonly Route[]> {
  const { paths } = (await (await rig.call('/openapi.json')).json()) as Description; // safety: the API's own description
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security === undefined)
      .flatMap(([method, { operationId: id = '' }]) =>
        (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]).map((name) => ({
          ...{
            id,
            method: name,
            need: path.startsWith('/v1/admin/') ? 'key' : (ROUTES[id] ?? `${id} is new: say what it takes`),
          },
          path: (session: string) =>
            path.replace('/sessions/{id}', `/sessions/${session}`).replaceAll(/\{\w+\}/g, 'm'),
        })),
      ),
  );
  const dev = { id: 'dev', need: 'all operate' };
  return [
    ...found,
    { ...dev, method: 'GET', path: () => '/dev/processes' },
    { ...dev, method: 'POST', path: () => '/dev/processes/p/kill' },
  ];
}

interface Answered {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: string;
}

async function over({ method, path }: Route, session: string, held: string | undefined): Promise<Answered> {
  const leave = new AbortController();
  const response = await rig.call(path(session), {
    ...{ method, signal: leave.signal },
    headers: {
      authorization: held === undefined ? '' : `Bearer ${held}`,
      'content-type': 'application/json',
    },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  const isProblem = response.headers.get('content-type')?.includes('problem') === true && method !== 'HEAD';
  const { requestId: _, ...problem } = isProblem ? ((await response.json()) as Record<string, unknown>) : {};
  leave.abort();
  const { code } = problem as { code?: string };
  return { status: response.status, code, body: JSON.stringify(problem) };
}

test('every route is in the table, and nothing else', () => {
  const ids = new Set(routes.filter(({ path }) => !path('s').startsWith('/v1/admin/')).map(({ id }) => id));
  expect([...ids].sort()).toEqual([...Object.keys(ROUTES), 'dev'].sort());
});

test('nobody reaches anything', async () => {
  // Each is one of many that are refused here.
  jest.spyOn(Refusals.prototype, 'slow').mockResolvedValue();
  for (const [what, held, code] of await nobodys()) {
    const answers = await Promise.all(routes.map((route) => over(route, 's', held)));
    expect(answers.map(({ status }) => status)).toEqual(routes.map(() => 401));
    expect([what, ...new Set(answers.map((each) => each.code))].sort()).toEqual(
      [what, code, undefined].sort(),
    );
    expect(new Set(answers.map(({ body }) => body)).size).toBe(2);
  }
  expect(calls).toEqual([]);
  for (const [what, token, code] of await nobodys()) {
    const [error] = await next(rig.socket({ auth: { token } }), 'connect_error');
    expect([what, error]).toMatchObject([what, { data: { code } }]);
  }
  jest.restoreAllMocks();
});

describe('sessions of others', () => {
  test('are not found by a token for some, without a look', async () => {
    const held = await minted({ sessions: ['mine', 's-*'], scopes: SCOPES });
    for (const route of routes) {
      const there = await over(route, 's', held);
      expect([route.id, there]).toEqual([route.id, await over(route, 'nobody', held)]);
      expect([route.id, there.status]).toEqual([route.id, isSession(route) ? 404 : 403]);
    }
    const socket = await connected(rig.socket({ auth: { token: held } }));
    for (const [name, need] of Object.entries(REQUESTS)) {
      if (need === 'own') continue;
      const there = await asked(socket, name as SocketRequestName, 's', need);
      expect([name, there]).toEqual([name, await asked(socket, name as SocketRequestName, 'nobody', need)]);
      const code = isSession({ need }) ? 'session_not_found' : 'forbidden';
      expect([name, there]).toMatchObject([name, { problem: { code } }]);
    }
    socket.disconnect();
    expect(calls).toEqual([]);
  });

  test('are not found in another tenant, and only that one is asked for them', async () => {
    for (const held of ['other', await minted({ scopes: SCOPES }, 'other')]) {
      for (const route of routes.filter(isSession)) {
        const there = await over(route, 's', held);
        const looks = calls.splice(0);
        expect([route.id, there]).toEqual([route.id, await over(route, 'nobody', held)]);
        expect(calls.splice(0).map(([name]) => name)).toEqual(looks.map(([name]) => name));
        for (const [name, ref] of looks) expect([name, ref]).toMatchObject([name, { tenant: 'other' }]);
        // A ticket for whatever it is: the stream will say.
        const told = route.id === 'createTicket' ? [201] : [404, 422];
        expect([route.id, told]).toEqual([route.id, expect.arrayContaining([there.status])]);
      }
      const socket = await connected(rig.socket({ auth: { token: held } }));
      for (const [name, need] of Object.entries(REQUESTS)) {
        if (!isSession({ need })) continue;
        const there = await asked(socket, name as SocketRequestName, 's', need);
        const looks = calls.splice(0).map(([port]) => port);
        expect([name, there]).toEqual([name, await asked(socket, name as SocketRequestName, 'nobody', need)]);
        expect([name, calls.splice(0).map(([port]) => port)]).toEqual([name, looks]);
        expect([name, there.ok]).toEqual([name, false]);
      }
      socket.disconnect();
    }
  });
});

/** Without what differs from request to request. */
async function asked(socket: Socket, name: SocketRequestName, session: string, need: string) {
  const ref = need.startsWith('all') ? {} : { session };
  const reply = await ask(socket, name, { ...ref, ...BODIES[name] });
  if (reply.ok) return { ok: true };
  const { requestId: _, ...problem } = reply.problem;
  return { ok: false, problem };
}

test('each takes its scope, and no other will do', async () => {
  for (const route of routes) {
    const scope = scopeOf(route.need);
    const without = await minted({ scopes: SCOPES.filter((each) => each !== scope) });
    expect([route.id, (await over(route, 's', without)).status]).toEqual([route.id, 403]);
    expect(calls).toEqual([]);
    if (scope === undefined) continue;
    const { status } = await over(route, 's', await minted({ scopes: [scope] }));
    expect([route.id, status]).not.toEqual([route.id, 403]);
    calls.splice(0);
  }
  for (const scope of SCOPES) {
    const token = await minted({ scopes: SCOPES.filter((each) => each !== scope) });
    const socket = await connected(rig.socket({ auth: { token } }));
    for (const [name, need] of Object.entries(REQUESTS)) {
      if (need === 'own') continue;
      const { problem } = await asked(socket, name as SocketRequestName, 's', need);
      expect([name, problem?.code === 'forbidden']).toEqual([name, scopeOf(need) === scope]);
    }
    socket.disconnect();
    calls.splice(0);
  }
});

describe('a fork', () => {
  test('is a session of the token’s, too: others are neither taken nor told', async () => {
    const held = await minted({ sessions: ['s', 's-*'], scopes: SCOPES });
    const socket = await connected(rig.socket({ auth: { token: held } }));
    for (const id of ['other-session', 'nobody'])
      expect(await ask(socket, 'fork', { session: 's', id })).toMatchObject({
        problem: { code: 'session_not_found' },
      });
    expect(await ask(socket, 'fork', { session: 's' })).toMatchObject({ problem: { code: 'forbidden' } });
    socket.disconnect();
    expect(calls).toEqual([]);
  });

  test('with a message is made only by who may send it', async () => {
    const socket = await connected(rig.socket({ auth: { token: await minted({ scopes: ['operate'] }) } }));
    const fork = { session: 's', id: 's-2', message: { text: 'x' } };
    expect(await ask(socket, 'fork', fork)).toMatchObject({ problem: { code: 'forbidden' } });
    const schedule = { id: 'daily', cron: '0 7 * * *', session: 's', message: { text: 'x' } };
    expect(await ask(socket, 'createSchedule', schedule)).toMatchObject({ problem: { code: 'forbidden' } });
    socket.disconnect();
    expect(calls).toEqual([]);
  });
});

test('what is sent, voted and scheduled is the subject’s, whatever a body says', async () => {
  const socket = await connected(
    rig.socket({ auth: { token: await minted({ scopes: SCOPES, roles: ['lead'] }) } }),
  );
  const message = { text: 'x', from: 'mallory' };
  await ask(socket, 'send', { session: 's', messageId: 'm', ...message });
  await ask(socket, 'fork', { session: 's', id: 's-3', message });
  await ask(socket, 'createSchedule', { id: 'daily', cron: '0 7 * * *', session: 's', message });
  const vote = { approval: 't1.1', vote: 'approve', hash: 'a'.repeat(64), by: 'mallory', roles: ['boss'] };
  await ask(socket, 'approve', { session: 's', ...vote });
  socket.disconnect();
  const told = JSON.stringify(calls);
  expect(told).not.toMatch(/mallory|boss/);
  const sent = calls.filter(([name]) => ['send', 'create', 'vote'].includes(String(name)));
  expect(sent.map(([name, ...args]) => [name, JSON.stringify(args).includes('"ana"')])).toEqual(
    expect.arrayContaining([
      ['send', true],
      ['create', true],
      ['vote', true],
    ]),
  );
});
