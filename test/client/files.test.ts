/** Files through the SDK. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { filesOf } from '../../src/client/files.ts';
import { connect } from '../../src/client/index.ts';
import type { Client, Session } from '../../src/client/index.ts';
import { ConvokeError } from '../../src/contracts/index.ts';
import { startFilesRig, type FilesRig } from '../gateway/files-rig.ts';

let rig: FilesRig;
let client: Client;
let session: Session;
beforeAll(async () => {
  rig = await startFilesRig();
  client = connect({ url: rig.url, token: () => 'dev' });
  session = client.session('s');
});
afterAll(async () => {
  client.close();
  await rig.stop();
});

test('a blob is stored, sent and read, whole and in part', async () => {
  const part = await filesOf(session).upload(new File(['hello'], 'a b.txt', { type: 'text/plain' }));
  expect(part).toMatchObject({ type: 'file', name: 'a b.txt', contentType: 'text/plain', bytes: 5 });
  await session.send({ parts: [part] });
  expect(rig.calls.messages.at(-1)).toMatchObject({ parts: [part] });
  expect(await (await filesOf(session).download(part)).text()).toBe('hello');
  expect(await (await filesOf(session).download(part.file, { range: [1, 3] })).text()).toBe('ell');
});

test('a stream is sent as it comes', async () => {
  const stream = new Blob(['some ', 'text']).stream();
  const part = await filesOf(session).upload(stream, { name: 'log', contentType: 'text/plain' });
  expect(part).toMatchObject({ name: 'log', bytes: 9 });
});

test('what is refused is told by its code; what may succeed later is tried again', async () => {
  await expect(filesOf(session).download('f_nothing')).rejects.toMatchObject({ code: 'file_not_found' });
  rig.limits = { fileBytes: 1 };
  await expect(filesOf(session).upload('too much')).rejects.toMatchObject({ code: 'too_large' });
  rig.limits = {};
  const busy = new ConvokeError('overloaded', 'Busy.', { retryAfterMs: 10 });
  const store = jest.spyOn(rig.files, 'store').mockRejectedValueOnce(busy);
  expect(await filesOf(session).upload('x')).toMatchObject({ bytes: 1 });
  expect(store).toHaveBeenCalledTimes(2);
  store.mockRestore();
});
