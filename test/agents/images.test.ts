/** Images of a conversation: which a model is shown, and how they reach its endpoint. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { shownImages } from '../../activities/agents/images.ts';
import type { RunRequest, Utterance } from '../../activities/agents/runner.ts';
import { ConvokeError, LIMITS, readableText } from '../../src/contracts/index.ts';
import type { FileInfo } from '../../src/contracts/index.ts';
import { modelRunner, runnerError, runToEnd } from './run.ts';

const file = (id: string, more: Partial<FileInfo> = {}): FileInfo => ({
  ...{ file: id, name: `${id}.png`, contentType: 'image/png', bytes: 3, sha256: 'x', ...more },
});
const said = (text: string, ...files: FileInfo[]): Utterance => ({
  ...{ role: 'user', name: 'bob', files },
  text: readableText([{ type: 'text', text }, ...files.map((each) => ({ type: 'file' as const, ...each }))]),
});

let server: Server;
let asked: { readonly messages: readonly { readonly content: unknown }[] }[];
beforeAll(async () => {
  server = createServer((req, res) => {
    void json(req).then((body) => {
      asked.push(body as (typeof asked)[number]);
      res.setHeader('content-type', 'text/event-stream');
      res.end('data: {"choices":[{"delta":{"content":"a cat"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  asked = [];
});
afterAll(() => void server.close());

function ask(conversation: readonly Utterance[], read: (id: string) => Promise<Readable>, images = true) {
  const { port } = server.address() as AddressInfo;
  const files: RunRequest['files'] = { read: (id) => read(typeof id === 'string' ? id : id.file) };
  const agent = { images, model: 'm' };
  return runToEnd(modelRunner({ baseUrl: `http://127.0.0.1:${port}/v1` }), {
    agent,
    conversation,
    more: { files },
  });
}

const conversation = [
  said('look', file('f_1')),
  said('and here', file('f_2', { contentType: 'text/plain' })),
];
const pixels = async (): Promise<Readable> => Readable.from([Buffer.from('png')]);

test('a model that takes images is shown them, the same bytes each time; other files are named', async () => {
  await ask(conversation, pixels);
  await ask(conversation, pixels);
  const text =
    'look\n[file "f_1.png", image/png, 3 bytes, id f_1]\n\nand here\n[file "f_2.png", text/plain, 3 bytes, id f_2]';
  expect(asked[0]?.messages.at(-1)?.content).toEqual([
    { type: 'text', text },
    { type: 'text', text: '(File f_1:)' },
    {
      type: 'image_url',
      image_url: { url: `data:image/png;base64,${Buffer.from('png').toString('base64')}` },
    },
  ]);
  expect(asked[1]).toEqual(asked[0]);
});

test('one that takes none is told of them, and nothing is read', async () => {
  const { error } = await ask(conversation, () => Promise.reject(new Error('read')), false);
  expect(error).toBeUndefined();
  expect(asked[0]?.messages.at(-1)?.content).toContain('[file "f_1.png", image/png');
});

test('an image that was deleted is named; one that cannot be read now fails the attempt, not the step', async () => {
  await ask(conversation, () => Promise.reject(new ConvokeError('file_not_found')));
  expect(asked[0]?.messages.at(-1)?.content).toContain('f_1');
  const outcome = await ask(conversation, () => Promise.reject(new ConvokeError('files_unavailable')));
  expect(runnerError(outcome)).toMatchObject({ code: 'files_unavailable', retryable: true });
});

test('the newest that fit are shown', () => {
  const { shownImages: most, shownImageBytes: large, shownImagesBytes: all } = LIMITS;
  const many = Array.from({ length: most + 2 }, (_, index) => said('x', file(`f_${index}`)));
  expect(shownImages(many).map((each) => each.file)).toEqual(
    Array.from({ length: most }, (_, index) => `f_${most + 1 - index}`),
  );
  const sizes = [
    said('x', file('small')),
    said('x', file('huge', { bytes: large + 1 })),
    said('x', file('empty', { bytes: 0 })),
  ];
  expect(shownImages(sizes).map((each) => each.file)).toEqual(['small']);
  const heavy = Array.from({ length: 1 + all / large }, (_, index) =>
    said('x', file(`f_${index}`, { bytes: large })),
  );
  expect(shownImages(heavy)).toHaveLength(all / large);
});
