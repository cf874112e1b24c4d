/** What Temporal is given of a payload, and what of it is read back. */
import { expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import { randomBytes } from 'node:crypto';
import { createSqliteArchive } from '../../src/archive/index.ts';
import { Keyring } from '../../src/seal/index.ts';
import { createCodec, shownPayloads } from '../../src/temporal/index.ts';

const VALUE = { text: 'a secret phrase', empty: [] };
const workflow = (workflowId: string) => ({ type: 'workflow', namespace: 'default', workflowId }) as const;

test('a payload is sealed for the tenant of its workflow, and one from before is read as it is', async () => {
  const archive = await createSqliteArchive(':memory:');
  const codec = createCodec(new Keyring(archive.database, [{ id: 'm', secret: randomBytes(32) }]));
  const plain = defaultPayloadConverter.toPayload(VALUE);
  const acme = workflow('session:acme:s1');
  const sealed = await codec.encode([plain, plain], acme);
  expect(JSON.stringify(sealed.map(({ data }) => Buffer.from(data!).toString('latin1')))).not.toContain(
    'secret',
  );
  const opened = await codec.decode([...sealed, plain], acme);
  expect(opened.map((each) => defaultPayloadConverter.fromPayload(each))).toEqual([VALUE, VALUE, VALUE]);
  // The Web UI does not know of which workflow it shows a payload.
  const [shown] = await codec.decode([sealed[0]!]);
  expect(defaultPayloadConverter.fromPayload(shown!)).toEqual(VALUE);
  await expect(codec.decode(sealed, workflow('session:other:s1'))).rejects.toMatchObject({
    code: 'seal_broken',
  });
  // A firing of a schedule has the schedule's id and its time.
  const fired = await codec.encode([plain], workflow('fire:acme:daily'));
  await codec.decode(fired, workflow('fire:acme:daily-2026-11-26T00:00:00Z'));
  // What belongs to no tenant opens anywhere.
  const [general] = await codec.encode([plain]);
  expect(await codec.decode([general!], acme)).toHaveLength(1);
  // Empty data, as Temporal's client may give it.
  const empty = { metadata: plain.metadata!, data: [] as unknown as Uint8Array };
  expect(await codec.decode(await codec.encode([empty], acme), acme)).toMatchObject([
    { data: Buffer.alloc(0) },
  ]);
  await archive.close();
});

test('somebody who looks at payloads sees those of one tenant, or of all', async () => {
  const archive = await createSqliteArchive(':memory:');
  const seal = new Keyring(archive.database, [{ id: 'm', secret: randomBytes(32) }]);
  const codec = createCodec(seal);
  const asJson = ({ metadata, data }: Payload) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata!).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data!).toString('base64'),
  });
  const plain = defaultPayloadConverter.toPayload(VALUE);
  const sealed = await Promise.all(
    [workflow('session:acme:s1'), workflow('session:other:s1'), undefined].map(
      async (context) => (await codec.encode([plain], context))[0]!,
    ),
  );
  const [acme, other, general] = sealed.map(asJson);
  const open = asJson(plain);
  const all = [acme!, other!, general!, open];
  expect(await shownPayloads(seal, null, all)).toEqual([open, open, open, open]);
  expect(await shownPayloads(seal, 'acme', all)).toEqual([open, other, general, open]);
  await seal.destroy('acme');
  expect(await shownPayloads(seal, null, [acme!])).toEqual([acme]);
  await archive.close();
});
