/** The session log on Redis, sealed, keeps the promises of every log. */
import { randomBytes } from 'node:crypto';
import { createSqliteArchive } from '../../src/archive/index.ts';
import { connectRedis, createRedisLog } from '../../src/log/index.ts';
import { Keyring } from '../../src/seal/index.ts';
import { logSuite } from '../conformance/log.suite.ts';
import { startRedis } from '../support/redis.ts';

const ignore = (): void => undefined;

logSuite('Redis, sealed', async () => {
  const [archive, server] = await Promise.all([createSqliteArchive(':memory:'), startRedis()]);
  const masters = [{ id: 'master', secret: randomBytes(32) }];
  const connections = Array.from({ length: 4 }, () => connectRedis(server.url, ignore));
  await Promise.all(connections.map((each) => each.connect()));
  const [one, hearsOne, two, hearsTwo] = connections;
  const keyring = (): Keyring => new Keyring(archive.database, masters);
  return {
    log: createRedisLog({ commands: one!, subscriber: hearsOne!, seal: keyring() }),
    other: createRedisLog({ commands: two!, subscriber: hearsTwo!, seal: keyring() }),
    bounded: (maxBytes) => createRedisLog({ commands: one!, subscriber: one!, maxBytes, seal: keyring() }),
    lose: async ({ tenant, session }) => {
      const keys = await one!.keys(`convoke:{${tenant}:${session}}:*`);
      if (keys.length > 0) await one!.del(keys);
    },
    cleanup: async () => {
      for (const each of connections) each.disconnect();
      await Promise.all([archive.close(), server.stop()]);
    },
  };
});
