/** A real Redis for the tests of one file, and a connection to it. */
import { afterAll, beforeAll } from '@jest/globals';
import { connectRedis, type Commands } from '../../src/log/index.ts';
import { startRedis, type TestRedis } from './redis.ts';

export interface UsedRedis {
  /** Both are there from the first test on. */
  readonly server: TestRedis;
  readonly commands: Commands;
}

export function useRedis(): UsedRedis {
  let used: UsedRedis | undefined;
  const there = (): UsedRedis => {
    if (!used) throw new Error('Redis is there from the first test on');
    return used;
  };
  beforeAll(async () => {
    const server = await startRedis();
    const commands = connectRedis(server.url, () => undefined);
    await commands.connect();
    used = { server, commands };
  });
  afterAll(async () => {
    used?.commands.disconnect();
    await used?.server.stop();
  });
  return {
    get server() {
      return there().server;
    },
    get commands() {
      return there().commands;
    },
  };
}
