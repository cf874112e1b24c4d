/** A gateway that stops: everybody is told, nobody is stranded. */
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { ask, connected, frames, next, startRig } from './harness.ts';

test('drain says bye to sockets and streams, closes them as transport close, refuses the new, ends', async () => {
  const rig = await startRig();
  // So many that the drain takes its time: a slow machine asks for what is below within it.
  const sockets = await Promise.all(Array.from({ length: 30 }, () => connected(rig.socket())));
  await ask(sockets[0]!, 'subscribe', { session: 's' });
  const stream = frames(await rig.call('/v1/sessions/s/stream'));
  const byes = sockets.map((socket) => next(socket, 'bye'));
  const ends = sockets.map((socket) => next(socket, 'disconnect'));
  const drained = rig.gateway.drain();
  const refused = await rig.post('/v1/sessions', { id: 'late' });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'draining']);
  expect((await fetch(`${rig.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${rig.url}/healthz`)).status).toBe(200);
  await next(rig.socket(), 'connect_error');
  for (const bye of await Promise.all(byes)) {
    expect(bye).toEqual([{ code: 'draining', retry: true, retryAfterMs: expect.any(Number) }]);
  }
  for (const [reason] of await Promise.all(ends)) expect(reason).toBe('transport close');
  const seen: string[] = [];
  for await (const frame of stream) seen.push(frame.split('\n')[0]!);
  expect(seen).toEqual(['retry: 1000', 'event: reset', 'event: bye']);
  await drained;
  expect(rig.delivery.watchers.size).toBe(0);
  await expect(fetch(`${rig.url}/healthz`)).rejects.toThrow();
  await rig.gateway.drain();
});

test('nobody is cut off before the moment at which it is to come back: a client may go straight to another gateway', async () => {
  const rig = await startRig();
  const sockets = await Promise.all(Array.from({ length: 12 }, () => connected(rig.socket())));
  const start = performance.now();
  const lasted = sockets.map(async (socket) => {
    const [[bye]] = await Promise.all([next(socket, 'bye'), next(socket, 'disconnect')]);
    const { retryAfterMs } = bye as { readonly retryAfterMs: number };
    return { retryAfterMs, lastedMs: performance.now() - start };
  });
  await rig.gateway.drain();
  const all = await Promise.all(lasted);
  for (const { retryAfterMs, lastedMs } of all) expect(lastedMs).toBeGreaterThanOrEqual(retryAfterMs);
  // At different moments.
  expect(new Set(all.map(({ retryAfterMs }) => retryAfterMs)).size).toBeGreaterThan(6);
});

test('a gateway whose clients have all left does not wait for their moments', async () => {
  const rig = await startRig();
  const sockets = await Promise.all(Array.from({ length: 5 }, () => connected(rig.socket())));
  for (const socket of sockets) socket.on('bye', () => socket.disconnect());
  const start = performance.now();
  await rig.gateway.drain();
  expect(performance.now() - start).toBeLessThan(LIMITS.drainMs);
});
