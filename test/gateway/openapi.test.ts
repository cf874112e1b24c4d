/** The description of the API is true: it names every route that is registered, and it is a valid OpenAPI 3.1 document. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { Connections } from '../../src/gateway/connections.ts';
import { createApp } from '../../src/gateway/http.ts';
import { Peers } from '../../src/gateway/edge/peers.ts';
import { FairQueue } from '../../src/fair/index.ts';
import { Refusals } from '../../src/gateway/edge/refusals.ts';
import { Refused, Tickets, Tokens } from '../../src/tenants/index.ts';
import { NO_LIMITS } from '../../src/gateway/quota.ts';
import { NO_LEVELS } from '../../src/gateway/routes/log-level.ts';
import { createReadiness } from '../../src/gateway/readiness.ts';
import { NO_SYSTEM, System } from '../../src/gateway/system.ts';
import { FakeCalls } from './fake-calls.ts';
import { NO_PRESENCE, notesOf } from './fake-presence.ts';
import { FakeDelivery, intakeOf, NO_REGISTRY, NO_SCHEDULES, startRig, TICKETS } from './harness.ts';
import type { Rig } from './harness.ts';
import { NO_METRICS } from '../../src/telemetry/index.ts';

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: object }[];
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, object> }
  >;
  readonly security?: readonly object[];
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

let rig: Rig;
let document: Document;
beforeAll(async () => {
  rig = await startRig();
  document = (await (await fetch(`${rig.url}/openapi.json`)).json()) as Document;
});
afterAll(() => rig.gateway.drain());

const notAsked = (): Promise<never> => Promise.reject(new Error('not asked'));

/** Every route of an Express application, as `get /path/{id}`. */
function registered(): string[] {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const app = createApp(
    {
      intake: intakeOf(new FakeCalls()),
      schedules: NO_SCHEDULES,
      notes: notesOf(),
      presence: NO_PRESENCE,
      delivery: new FakeDelivery(),
      timeline: () => Promise.reject(new Error('not asked')),
      system: new System({ name: 'g', ports: NO_SYSTEM, fleet: { ask: notAsked }, audit: NO_REGISTRY.audit }),
      environmentTenants: [],
      linksOf: () => ({}),
      logger: quiet,
      metrics: NO_METRICS,
      readiness: createReadiness({}),
      peers: new Peers(quiet),
      tokens: new Tokens([]),
      tickets: new Tickets(TICKETS),
      ...NO_REGISTRY,
      refusals: new Refusals(quiet),
      quota: NO_LIMITS,
      refused: new Refused({ note: () => undefined }),
      levels: NO_LEVELS,
      showPayloads: async (_tenant, payloads) => payloads,
      pages: new FairQueue(LIMITS.fair.pages),
      files: undefined,
      uploads: new FairQueue(LIMITS.fair.uploads),
      downloads: new FairQueue(LIMITS.fair.downloads),
      connections: new Connections(),
      allowsHost: () => true,
      allowsOrigin: () => true,
    },
    { devMode: false },
  );
  const layers = (
    app.router as unknown as { stack: { route?: { path: string; methods: Record<string, boolean> } }[] }
  ).stack;
  return layers.flatMap(({ route }) =>
    route === undefined
      ? []
      : Object.keys(route.methods)
          .filter((method) => method !== '_all')
          .map((method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`),
  );
}

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

/** Every `$ref` below a value. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === '$ref' && typeof each === 'string' ? [each] : refs(each),
  );
}

describe('the document', () => {
  test('names every route that is registered, and no other', () => {
    expect(
      operations()
        .map(([name]) => name)
        .sort(),
    ).toEqual(registered().sort());
    expect(registered()).toHaveLength(63);
  });

  test('is OpenAPI 3.1: parameters match the path, ids are unique, references lead somewhere', () => {
    expect(document.openapi).toBe('3.1.0');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect(document.info.version).toBe(version);
    const ids = operations().flatMap(([, operation]) => operation.operationId ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, operation] of operations()) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? [])
        .filter((each) => each.in === 'path')
        .map((each) => each.name);
      expect([name, declared.sort()]).toEqual([name, inPath.sort()]);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(response.description).not.toBe('');
      }
    }
    for (const ref of refs(document)) {
      const found = ref
        .replace('#/', '')
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect([ref, typeof found]).toEqual([ref, 'object']);
    }
  });

  test('requests are strict, answers may gain fields, problems are everywhere', () => {
    expect(document.components.schemas['OpenRequest']).toMatchObject({ additionalProperties: false });
    expect(document.components.schemas['Receipt']).not.toHaveProperty('additionalProperties');
    for (const [name, operation] of operations()) {
      if (!name.includes('/v1/')) continue;
      expect(operation.responses['401']?.content).toHaveProperty('application/problem+json');
    }
  });

  test('parameters say what they are', () => {
    const list = document.paths['/v1/sessions']?.['get']?.parameters ?? [];
    expect(list.find((each) => each.name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      maximum: 100,
    });
  });
});

test('the docs page needs nothing from elsewhere', async () => {
  const page = await fetch(`${rig.url}/docs`);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  const html = await page.text();
  const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  expect(sources).toHaveLength(3);
  for (const source of sources) {
    expect(source.startsWith('/')).toBe(true);
    const response = await fetch(`${rig.url}${source}`);
    expect([source, response.status]).toEqual([source, 200]);
    await response.arrayBuffer();
  }
});
