/** Files from a person to a tool and back, on real servers: through two gateways, with a bucket of a real S3 server. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventPage, FileInfo, SessionView } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startS3, type TestS3 } from '../support/s3.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { freshId, rest } from './scene.ts';

const WORKER = fileURLToPath(new URL('files-worker.ts', import.meta.url));

let s3: TestS3;
let stack: Stack;
beforeAll(async () => {
  s3 = await startS3();
  stack = await startStack({
    ...{ gateways: 2, workerFile: WORKER },
    env: { ...s3.env, CONVOKE_FILES_URL: s3.url },
  });
}, 120_000);
afterAll(() => Promise.all([stack.stop(), s3.stop()]));

const content = async (url: string, session: string, file: string): Promise<string> =>
  (
    await fetch(`${url}/v1/sessions/${session}/files/${file}`, { headers: { authorization: 'Bearer dev' } })
  ).text();

test('a file is sent, read by a tool, and its answer is read by everybody; history holds references', async () => {
  const [one = '', other = ''] = stack.urls;
  const id = freshId();
  const script = { calls: [[{ tool: 'shout', input: { said: '{{message}}' } }]], say: '{{results}}' };
  await rest(one, 'POST', '/v1/sessions', {
    body: { id, agents: [{ name: 'a', runner: 'scripted', script }] },
  });
  const quiet = 'hello '.repeat(200_000);
  const stored = await fetch(`${one}/v1/sessions/${id}/files?name=quiet.txt`, {
    ...{ method: 'POST', body: quiet },
    headers: { authorization: 'Bearer dev', 'content-type': 'text/plain' },
  });
  expect(stored.status).toBe(201);
  const info = (await stored.json()) as FileInfo;
  const parts = [{ type: 'file', file: info.file }];
  const path = `/v1/sessions/${id}`;
  expect((await rest(other, 'POST', `${path}/messages`, { body: { messageId: 'm', parts } })).status).toBe(
    202,
  );
  const view = async (): Promise<SessionView> => (await rest<SessionView>(other, 'GET', path)).body;
  await eventually(
    'the turn is over',
    async () => (await view()).turns.at(-1)?.status === 'completed',
    60_000,
  );
  const { entries } = await view();
  expect(entries[0]).toMatchObject({
    parts: [{ type: 'file', ...info, name: 'quiet.txt', bytes: 1_200_000 }],
  });
  const { loud } = JSON.parse(
    entries.at(-1)?.kind === 'step' ? (entries.at(-1) as { text: string }).text : '',
  ) as {
    readonly loud: FileInfo;
  };
  expect(loud).toMatchObject({ type: 'file', name: 'loud.txt', bytes: 1_200_000 });
  expect(await content(other, id, loud.file)).toBe(quiet.toUpperCase());
  const { body } = await rest<EventPage>(one, 'GET', `${path}/events`);
  expect(JSON.stringify(body).length).toBeLessThan(10_000);

  const counted = async (): Promise<number> =>
    ((await rest<Partial<SessionView>>(other, 'GET', path)).body.entries ?? []).length;
  // Redis has lost everything: what is said of files is, as all else, built again.
  await stack.redis.kill();
  await stack.redis.start();
  await eventually('it is read again', async () => (await counted()) === entries.length, 60_000);
  expect((await view()).entries[0]).toMatchObject({ parts: [{ type: 'file', ...info }] });
});
