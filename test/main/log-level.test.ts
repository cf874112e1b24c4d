/** What an operator chooses reaches every process that asks the same Redis, and is over by itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectCommands, createLevels, type Commands } from '../../src/log/index.ts';
import { followLevel } from '../../src/main/log-level.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { eventually } from '../support/process.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let commands: Commands;
beforeAll(async () => {
  redis = await startRedis();
  commands = connectCommands(redis.url, () => undefined);
  await commands.connect();
});
afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

test('two processes log more for a while, then as each was configured', async () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const [gateway, worker] = [
    createLogger('gateway', 'info', { write }),
    createLogger('worker', 'warn', { write }),
  ];
  const levels = createLevels(commands);
  const ends = [gateway, worker].map((logger) => followLevel(levels, logger, 10));
  const are = (...wanted: string[]) =>
    eventually(
      `they are ${wanted.join(', ')}`,
      () => gateway.level === wanted[0] && worker.level === wanted[1],
    );
  await levels.choose({ level: 'debug', until: Date.now() + 600 });
  await are('debug', 'debug');
  gateway.debug({}, 'seen');
  expect(await commands.pttl('convoke:{log-level}')).toBeGreaterThan(0);
  await are('info', 'warn');
  gateway.debug({}, 'not seen');
  await levels.choose({ level: 'silent', until: Date.now() + 60_000 });
  await are('silent', 'silent');
  await levels.choose(null);
  await are('info', 'warn');
  for (const end of ends) end();
  const told = lines.map((line) => JSON.parse(line) as { readonly msg: string; readonly level: string });
  expect(told.filter(({ msg }) => msg.endsWith('seen')).map(({ msg }) => msg)).toEqual(['seen']);
  // Each change is told by both, whatever they log.
  expect(told.filter(({ msg }) => msg === 'The log level changes')).toHaveLength(8);
});

test('a process whose Redis is away goes back at its time', async () => {
  const logger = createLogger('worker', 'info', { write: () => undefined });
  let isAway = false;
  const until = Date.now() + 100;
  const chosen = async () => {
    if (isAway) throw new Error('away');
    return { level: 'debug', until };
  };
  const end = followLevel({ chosen }, logger, 5);
  await eventually('it is debug', () => logger.level === 'debug');
  isAway = true;
  await eventually('it is info', () => logger.level === 'info');
  end();
});

test('an answer that is older than the end of its time changes nothing', async () => {
  const lines: string[] = [];
  const logger = createLogger('worker', 'info', { write: (line: string) => void lines.push(line) });
  let looks = 0;
  const chosen = async () => {
    looks += 1;
    return { level: 'debug', until: Date.now() - 1 };
  };
  const end = followLevel({ chosen }, logger, 5);
  await eventually('it has looked twice', () => looks > 2);
  end();
  expect([logger.level, lines]).toEqual(['info', []]);
});
