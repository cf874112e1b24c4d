/** What ingest does when there is no Temporal: it says so, soon. */
import { OPEN_DOOR } from '../support/admission.ts';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { RECOVERY } from '../../src/contracts/index.ts';
import { createAuthenticator, createIntake } from '../../src/ingest/index.ts';
import type { Intake } from '../../src/ingest/index.ts';
import { createSessionCalls, ingressConnectionOptions } from '../../src/temporal/index.ts';

/** The promise of the REST API for what Temporal alone answers, ms. */
const PROMISED_MS = 2_000;
/** For what a worker must answer. */
const ANSWER_MS = RECOVERY.answerDeadlineMs + 500;
const dev = { tenant: 'dev' };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function intakeTo(address: string, isArchived = async (): Promise<boolean> => false): Intake {
  const connection = Connection.lazy({ address, ...ingressConnectionOptions() });
  cleanups.push(() => connection.close());
  return createIntake({
    authenticator: createAuthenticator({ keys: new Map(), devKey: true }),
    calls: createSessionCalls({ client: new Client({ connection }) }),
    defaultAgents: [{ name: 'a', runner: 'scripted' }],
    isArchived,
    storedOf: async () => null,
    ...OPEN_DOOR,
    agentsOf: async () => null,
    reopen: () => Promise.reject(new Error('nothing was interrupted')),
  });
}

async function listening(
  onSocket: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

async function deadPort(): Promise<number> {
  const { server, port } = await listening(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function expectRefusal(
  run: () => Promise<unknown>,
  codes: RegExp,
  withinMs = PROMISED_MS,
): Promise<void> {
  const began = Date.now();
  await expect(run()).rejects.toMatchObject({
    code: expect.stringMatching(codes),
    retryAfterMs: expect.any(Number),
  });
  expect(Date.now() - began).toBeLessThan(withinMs);
}

describe('without Temporal', () => {
  test('nobody listens: each call is refused within 2 s, again and again while the channel backs off', async () => {
    const intake = intakeTo(`127.0.0.1:${await deadPort()}`);
    const calls = [
      () => intake.send(dev, 's', { messageId: 'm', text: 'x' }),
      () => intake.open(dev, {}),
      () => intake.list(dev, {}),
      () => intake.state(dev, 's'),
      () => intake.control(dev, 's', 'cancel', {}),
      () => intake.control(dev, 's', 'close', {}),
    ];
    for (const call of calls) await expectRefusal(call, /^temporal_unavailable$/);
  });

  test('somebody listens and says nothing: a send is refused within 2 s, a question soon after', async () => {
    const sockets = new Set<Socket>();
    const { server, port } = await listening((socket) => sockets.add(socket));
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const intake = intakeTo(`127.0.0.1:${port}`);
    await expectRefusal(() => intake.send(dev, 's', { messageId: 'm', text: 'x' }), /^temporal_unavailable$/);
    await expectRefusal(() => intake.state(dev, 's'), /^(worker|temporal)_unavailable$/, ANSWER_MS);
  });
});

test('an archive that is silent: an open that may be a repeat is refused within 2 s', async () => {
  const intake = intakeTo(`127.0.0.1:${await deadPort()}`, () => new Promise(() => undefined));
  await expectRefusal(() => intake.open(dev, { id: 's' }), /^archive_unavailable$/);
});
