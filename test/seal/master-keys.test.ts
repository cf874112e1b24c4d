/** Master keys by reference: each kind, and what is said of each mistake. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { masterKeysOf } from '../../src/seal/index.ts';

const KEY = Buffer.alloc(32, 7);
const BASE64 = KEY.toString('base64');
const keysOf = (text: string, env = {}) => masterKeysOf(text, env, (sentence) => new Error(sentence));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convoke-keys-'));
  await writeFile(join(folder, 'key'), `${BASE64}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

test('a key is in the environment, in a file, or printed by a command, whose commas are its own', () => {
  const keys = keysOf(`a=env:MINE, b=file:${folder}/key,c=command:echo x,y >&2; echo ${BASE64}`, {
    ...process.env,
    MINE: BASE64,
  });
  expect(keys.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  for (const { secret } of keys) expect(KEY.equals(secret)).toBe(true);
});

test.each([
  ['a key itself', BASE64, 'give id=env:NAME'],
  ['an unknown kind', 'a=vault:x', 'give id=env:NAME'],
  ['the same id twice', 'a=env:MINE,a=env:MINE', 'the id a stands there twice'],
  ['an empty variable', 'a=env:NONE', 'the variable NONE is not set'],
  ['a missing file', 'a=file:/none/key', 'the file /none/key cannot be read (ENOENT)'],
  ['a failing command', 'a=command:exit 3', 'its command ended with code 3'],
  ['a short key', 'a=env:SHORT', '32 bytes in base64, and is 3 bytes: openssl rand -base64 32'],
  ['no base64', 'a=env:WORDS', 'something that is not base64'],
])('%s is refused with what to do, and without the key', (_name, text, sentence) => {
  const env = { ...process.env, MINE: BASE64, SHORT: 'c2hv', WORDS: 'not a key at all' };
  let said = '';
  try {
    keysOf(text, env);
  } catch (error) {
    said = String(error);
  }
  expect(said).toContain(sentence);
  expect(said).not.toContain(BASE64);
});
