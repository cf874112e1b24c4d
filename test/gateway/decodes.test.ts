/** Whoever opens payloads is in the audit log, without filling it. */
import { expect, test } from '@jest/globals';
import { codecRoutes } from '../../src/gateway/routes/codec.ts';
import type { GatewayContext } from '../../src/gateway/context.ts';
import type { Call } from '../../src/gateway/route.ts';
import { Readable } from 'node:stream';

test('a thousand calls are one entry for each actor and tenant', async () => {
  const told: object[] = [];
  const context = {
    audit: { note: (deed: object) => void told.push(deed) },
    showPayloads: async (_tenant: unknown, payloads: unknown) => payloads,
  } as unknown as GatewayContext; // safety: the route uses nothing else
  const [route] = codecRoutes(context);
  const decode = async (tenant: string, key: string): Promise<void> => {
    const body = JSON.stringify({ payloads: [{ data: 'eA==' }, { data: 'eQ==' }] });
    const req = Object.assign(Readable.from([Buffer.from(body)]), {
      headers: { 'content-type': 'application/json' },
      get: () => 'application/json',
      is: () => 'json',
    });
    const principal = { tenant, key: { id: key, scopes: ['operate'] as const } };
    await route!.handle({ req, res: { json: () => undefined }, principal } as unknown as Call); // safety: what a handler reads
  };
  for (let n = 0; n < 1_000; n += 1) await decode('acme', 'k1');
  await decode('acme', 'k2');
  await decode('other', 'k1');
  const entry = (tenant: string, actor: string) => ({
    ...{ actor, tenant, action: 'payload.decode', target: 'temporal', detail: { payloads: 2, before: 0 } },
  });
  expect(told).toEqual([entry('acme', 'key:k1'), entry('acme', 'key:k2'), entry('other', 'key:k1')]);
});
