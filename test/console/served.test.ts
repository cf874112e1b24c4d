/** How a gateway serves the console: under a strict policy, compressed, kept by browsers where that is safe. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FakeLog } from '../client/fake-log.ts';
import type { ScriptedGateway } from '../client/scripted-gateway.ts';
import { serveConsole } from './stage.ts';

let gateway: ScriptedGateway;

beforeAll(async () => {
  gateway = await serveConsole(new FakeLog());
}, 60_000);
afterAll(() => gateway.stop());

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(gateway.url + path, { headers });

test('no inline code, no frames, nothing from elsewhere', async () => {
  for (const path of ['/console', '/console/']) {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  }
});

test('the page is asked for each time; what it loads has its hash in its name, and is kept', async () => {
  const page = await ask('/console/');
  expect(page.headers.get('cache-control')).toBe('public, max-age=0');
  const script = /src="(\/console\/index-[\w-]+\.js)"/.exec(await page.text())?.[1] ?? '';
  const plain = await ask(script, { 'Accept-Encoding': 'identity' });
  const packed = await ask(script, { 'Accept-Encoding': 'gzip' });
  expect(packed.headers.get('cache-control')).toBe('public, max-age=31536000');
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(packed.headers.get('vary')).toContain('Accept-Encoding');
  expect(await packed.text()).toBe(await plain.text());
  // Each representation has a tag of its own.
  const tag = packed.headers.get('etag') ?? '';
  expect(tag).not.toBe(plain.headers.get('etag'));
  expect((await ask(script, { 'If-None-Match': tag, 'Accept-Encoding': 'gzip' })).status).toBe(304);
  const part = await ask(script, { Range: 'bytes=0-9', 'Accept-Encoding': 'gzip' });
  expect([part.status, part.headers.get('content-encoding')]).toEqual([206, null]);
});

test('it says whether a key has to be asked for', async () => {
  expect(await (await ask('/console/config.json')).json()).toEqual({ devMode: true });
});
