/** A gateway is known to the others from its start: while Redis is away each lets in its share of a rate, and must know how many they are. */
import { expect, test } from '@jest/globals';
import { connectRedis } from '../../src/log/index.ts';
import { Opened } from '../../src/main/opened.ts';
import { openPresence } from '../../src/main/presence.ts';
import { Fleet } from '../../src/quota/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';

test('gateways count each other although none has had a message with a limit', async () => {
  const redis = await startRedis();
  const commands = connectRedis(redis.url, () => undefined);
  await commands.connect();
  const opened = new Opened();
  try {
    const fleets = [new Fleet(commands), new Fleet(commands)];
    for (const fleet of fleets) {
      opened.add(fleet, (each) => each.close());
      type Given = Parameters<typeof openPresence>[0];
      const idle = { delivery: { onHeard: () => undefined }, session: {}, rates: {}, audit: {} };
      openPresence({ ...idle, fleet, opened } as unknown as Given); // safety: nothing else is asked at the start
    }
    // The number that a gateway has when Redis goes away is the one that it knew last.
    await eventually('both are known', async () => (await fleets[0]!.look()).alive.size === 2);
    await redis.kill();
    expect(fleets[0]!.gateways).toBe(2);
  } finally {
    await opened.close();
    commands.disconnect();
    await redis.stop();
  }
});
