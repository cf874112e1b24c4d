/** A session that is being erased: nothing of it is served, whatever is still there. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from './client.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

describe('a session that is being erased', () => {
  test('is none from the moment at which that is known, although all of it is still there', async () => {
    const author = await rig.author();
    let isErasing = false;
    const { delivery } = await rig.gateway(author, { isErasing: () => isErasing });
    await author.turn('t1', 'secret');
    const client = new Client(author.ref);
    await client.subscribe(delivery);
    isErasing = true;
    delivery.leaveErasing();
    expect(client.ended).toBe('draining');
    const { ref } = author;
    for (const asked of [
      client.subscribe(delivery),
      delivery.snapshot(ref),
      delivery.page(ref, 0, 10),
      delivery.receipt(ref, 'm-t1'),
      delivery.story(ref, 'm-t1'),
    ])
      await expect(asked).rejects.toMatchObject({ code: 'session_not_found' });
  });

  test('is none for whoever was about to follow it', async () => {
    const author = await rig.author();
    let isErasing = false;
    const { delivery } = await rig.gateway(author, { isErasing: () => isErasing });
    await author.turn('t1', 'secret');
    const client = new Client(author.ref);
    const subscribed = client.subscribe(delivery);
    isErasing = true;
    await expect(subscribed).rejects.toMatchObject({ code: 'session_not_found' });
    await author.turn('t2', 'more');
    expect(client.events).toEqual([]);
  });
});
