/** Files on the page: attached, shown where that is safe, saved otherwise. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FilePart } from '../../src/contracts/index.ts';
import { Play, say, see, startStage } from './setup.ts';
import type { Stage } from './setup.ts';

/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const SCRIPT = '<script>document.title = "stolen"</script>';

let stage: Stage;
let play: Play;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(() => {
  play = new Play(stage, ['Ann']);
});
afterEach(async () => {
  await play.end();
  expect(play.errors).toEqual([]);
});

const part = (file: string, name: string, contentType: string): FilePart => ({
  ...{ type: 'file', file, name, contentType, bytes: 70, sha256: 'x' },
});

test('a file is attached, sent and shown; what a browser could run is saved, and nothing else', async () => {
  const gateway = await play.addGateway();
  const stored: string[] = [];
  gateway.rest = (request, response) => {
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
    if (request.method === 'OPTIONS') response.writeHead(204, cors).end();
    else if (request.method === 'POST' && request.url?.includes('/files'))
      void buffer(request).then((body) => {
        stored.push(`${request.url} ${body.length}`);
        response.writeHead(201, cors).end(JSON.stringify(part('f_1', 'dot.png', 'image/png')));
      });
    else response.writeHead(200, cors).end(request.url?.endsWith('f_1') ? PNG : SCRIPT);
  };
  const page = await play.join();
  await page.setInputFiles('#attach-file', { name: 'dot.png', mimeType: 'image/png', buffer: PNG });
  await see(page, '#attached', /dot\.png\s*Remove/);
  expect(stored).toEqual([`/v1/sessions/s1/files?name=dot.png ${PNG.length}`]);
  await say(page, 'Look');
  const [sent] = await gateway.sends.reached(1);
  expect(sent?.parts).toEqual([{ type: 'text', text: 'Look' }, part('f_1', 'dot.png', 'image/png')]);
  await page.locator('#attached li').waitFor({ state: 'detached' });

  const { log } = play;
  const parts = [part('f_1', 'dot.png', 'image/png'), part('f_2', 'page.html', 'text/html')];
  play.push(
    log.append('message.accepted', { messageId: sent!.messageId, parts, queued: false }, { turn: 't1' }),
  );
  const image = page.locator('.shown-image');
  await image.waitFor();
  await page.waitForFunction(
    () => document.querySelector<HTMLImageElement>('.shown-image')?.naturalWidth === 1,
  );
  expect(await image.getAttribute('alt')).toBe('dot.png');
  const saving = page.waitForEvent('download');
  await page.getByText('page.html (70 bytes)').click();
  const saved = await saving;
  expect([saved.suggestedFilename(), await readFile(await saved.path(), 'utf8')]).toEqual([
    'page.html',
    SCRIPT,
  ]);
  expect(await page.title()).not.toBe('stolen');
});
