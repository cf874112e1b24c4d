/** A process without the keys that its deployment seals with: it neither starts nor takes what it cannot read for a fault of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { openStore } from '../../src/main/archive.ts';
import { Opened } from '../../src/main/opened.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { createCodec } from '../../src/temporal/index.ts';
import { fromTemporal } from '../../src/temporal/errors.ts';
import type { MasterKey } from '../../src/seal/index.ts';

const logger = createLogger('gateway', 'silent', { write: () => undefined });
const MASTERS: readonly MasterKey[] = [{ id: 'k2026', secret: randomBytes(32) }];

let folder: string;
let opened: Opened;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convoke-sealed-store-'));
  opened = new Opened();
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

const open = (file: string, sealKeys: readonly MasterKey[]) =>
  openStore({ archiveUrl: `sqlite:${join(folder, file)}`, sealKeys }, { logger, opened });

test('it does not start, and says which key it lacks: what it is given would be stored in the clear', async () => {
  const { seal } = await open('sealed.db', MASTERS);
  await seal!.seal('acme', 'place', Buffer.from('secret'));
  await expect(open('sealed.db', [])).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/CONVOKE_SEAL_KEYS.*k2026/s),
  });
  expect((await open('sealed.db', MASTERS)).seal).not.toBeNull();
  expect((await open('never-sealed.db', [])).seal).toBeNull();
});

test('one that ran before the keys were given says what it lacks when it meets a sealed payload', async () => {
  const { seal } = await open('given-later.db', MASTERS);
  const [sealed] = await createCodec(seal!).encode([defaultPayloadConverter.toPayload('secret')]);
  const read = (): unknown => defaultPayloadConverter.fromPayload(sealed!);
  const error = await Promise.resolve()
    .then(read)
    .catch((cause: unknown) => fromTemporal(cause, 'server'));
  expect(error).toMatchObject({
    code: 'seal_key_missing',
    message: expect.stringContaining('CONVOKE_SEAL_KEYS'),
  });
});
