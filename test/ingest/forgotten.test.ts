/** A session that the archive holds and Temporal does not, as after its retention: its id stays taken. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventsAt, INFO } from '../archive/events.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine } from '../support/worker.ts';

const TENANT = { tenant: 'acme' };

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
}, 60_000);
afterAll(() => engine.stop());

const refused = (code: string) => ({ code });

describe('a forgotten session', () => {
  test('keeps its id: nothing is opened, and nothing is taken', async () => {
    const { intake, submitter, archive, client } = engine;
    const ref = { ...TENANT, session: 'old' };
    await archive.write(ref, INFO, eventsAt(1, 5));
    await expect(intake.open(TENANT, { id: 'old' })).rejects.toMatchObject(refused('session_exists'));
    const message = { messageId: 'm', text: 'x' };
    await expect(intake.send(TENANT, 'old', message)).rejects.toMatchObject(refused('session_closed'));
    await expect(submitter.cancel(ref)).rejects.toMatchObject(refused('session_closed'));
    await submitter.close(ref);
    const { count } = await client.workflow.count();
    expect(count).toBe(0);
  });

  test('keeps its Idempotency-Key', async () => {
    const { intake, archive } = engine;
    const { summary } = await intake.open({ tenant: 'other' }, {}, { key: 'key' });
    // The same key of another tenant is another one.
    const { summary: own } = await intake.open(TENANT, {}, { key: 'key' });
    expect(own.id).not.toBe(summary.id);
    // As long as Temporal remembers, a session with archived events is opened again as it was.
    await archive.write({ ...TENANT, session: own.id }, INFO, eventsAt(1, 5));
    expect(await intake.open(TENANT, {}, { key: 'key' })).toMatchObject({ summary: own, replayed: true });
    await expect(intake.open(TENANT, { metadata: { a: 1 } }, { key: 'key' })).rejects.toMatchObject(
      refused('idempotency_mismatch'),
    );
  });

  test('differs from one that never was', async () => {
    const sent = engine.intake.send(TENANT, 'never', { messageId: 'm', text: 'x' });
    await expect(sent).rejects.toMatchObject(refused('session_not_found'));
  });
});
