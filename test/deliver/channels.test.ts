/** A view is of the conversation, however much an application has published since. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventId, publishedFact } from '../../src/contracts/index.ts';
import type { EventDraft } from '../../src/contracts/index.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

test('what was said is in a snapshot that is taken after a thousand channel events', async () => {
  const author = await rig.author();
  const { delivery } = await rig.gateway(author);
  await author.turn('t1', 'Hi');
  const drafts = Array.from({ length: 1_000 }, (_, n): EventDraft => {
    const parts = [{ type: 'text', text: 'shipped' }] as const;
    return publishedFact({ messageId: `e${n}`, channel: 'orders', parts, receivedAt: 1 }, 2);
  });
  await author.append(...drafts);
  const view = await delivery.snapshot(author.ref);
  expect(view.entries).toMatchObject([{ kind: 'message' }, { kind: 'step', text: 'Hi' }]);
  expect(view.position.seq).toBe(author.at.seq);
  expect(JSON.stringify(view)).not.toContain('shipped');
  const page = await delivery.page(author.ref, 6, 1);
  expect(page.data).toMatchObject([{ id: eventId.message('e0'), data: { channel: 'orders' } }]);
});
