/** What the archive does for delivery: a session that Temporal has forgotten is read, and an archive that is away costs old entries only. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { logKeys } from '../../src/log/keys.ts';
import { Client } from './client.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

describe('a session that Temporal has forgotten', () => {
  test('is read from the archive, and is closed', async () => {
    const author = await rig.author();
    const { delivery, log } = await rig.gateway(author);
    await author.turn('t1', 'Hi');
    await author.store();
    author.exists = false;
    const { meta, log: stream, ids } = logKeys(author.ref);
    await rig.admin.del(meta, stream, ids);
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    expect(client.texts).toEqual(['Hi']);
    expect(client.view).toMatchObject({ status: 'closed', position: { seq: 7 } });
    expect(await delivery.snapshot(author.ref)).toMatchObject({ status: 'closed' });
    const page = await delivery.page(author.ref, 0, 10);
    expect(page.data.map(({ type }) => type)).toContain('step.completed');
    expect(page.data.at(-1)).toMatchObject({
      type: 'session.closed',
      data: { reason: { code: 'forgotten' } },
    });
    expect(await delivery.receipt(author.ref, 'm-t1')).toMatchObject({ status: 'consumed' });
    // Its log expires: nobody who has it needs another one.
    await rig.admin.del(meta, stream, ids);
    const rebuilt = log.calls['rebuild'];
    client.leave();
    expect(await client.subscribe(delivery)).toMatchObject({ mode: 'resume' });
    expect(log.calls['rebuild']).toBe(rebuilt);
  });
});

describe('an archive that is away', () => {
  test('leaves out what the log has trimmed, and says so', async () => {
    const author = await rig.author({ maxBytes: 4_000 });
    const { delivery } = await rig.gateway(author);
    for (let turn = 1; turn <= 10; turn += 1) await author.turn(`t${turn}`, 'some words');
    await author.store();
    author.archiveAway = true;
    const client = new Client(author.ref);
    expect(await client.subscribe(delivery)).toMatchObject({ mode: 'snapshot', position: author.at });
    expect(client.view.truncated).toBe(true);
    expect(client.texts.length).toBeGreaterThan(0);
    expect(client.texts.length).toBeLessThan(10);
  });

  test('makes a lost log that it is needed for wait', async () => {
    const author = await rig.author();
    const { delivery } = await rig.gateway(author);
    await author.turn('t1', 'Hi');
    await author.store();
    const { meta, log: stream, ids } = logKeys(author.ref);
    await rig.admin.del(meta, stream, ids);
    author.archiveAway = true;
    const client = new Client(author.ref);
    await expect(client.subscribe(delivery)).rejects.toMatchObject({ code: 'archive_unavailable' });
    author.archiveAway = false;
    await client.subscribe(delivery);
    expect(client.texts).toEqual(['Hi']);
  });
});

test('a view holds no more text than its bound, however long its steps', async () => {
  const author = await rig.author();
  const { delivery } = await rig.gateway(author);
  const long = 'x'.repeat(LIMITS.stepChars);
  const client = new Client(author.ref);
  await client.subscribe(delivery);
  for (let turn = 1; turn <= 8; turn += 1) await author.turn(`t${turn}`, long);
  await author.store();
  for (const view of [await delivery.snapshot(author.ref), client.view]) expect(view.turns).toHaveLength(8);
  // The first is not in memory any more: the workflow is asked.
  expect(await delivery.receipt(author.ref, 'm-t1')).toMatchObject({ status: 'accepted' });
  expect(await delivery.receipt(author.ref, 'm-t8')).toMatchObject({ status: 'consumed' });
});
