/** A program that starts worker and gateway itself: it talks through them, stops them, and nothing of them is left open. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { eventually, startProcess } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import { startTemporal } from '../support/temporal.ts';

const PROGRAM = fileURLToPath(new URL('./programs/both.ts', import.meta.url));

interface Said {
  readonly first: string;
  readonly second: string;
  readonly listeners: number;
  readonly ready: readonly boolean[];
  readonly refusals: readonly string[];
}

test('both run in one process, which ends by itself once they have stopped', async () => {
  const home = await mkdtemp(join(tmpdir(), 'convoke-program-'));
  const [temporal, redis] = await Promise.all([startTemporal(), startRedis()]);
  const env = { TEMPORAL_ADDRESS: temporal.address, REDIS_URL: redis.url, CONVOKE_HOME: home };
  const program = startProcess(process.execPath, ['--no-warnings', PROGRAM], env);
  let code: number | null | undefined;
  const ended = program.ended.then((each) => (code = each));
  try {
    await eventually('it has said what came of it', () => /^\{.*\}$/m.test(program.output()), 60_000);
    await eventually('it has ended by itself', () => code !== undefined, 10_000);
    expect(code).toBe(0);
    const { refusals, ...said } = JSON.parse(program.output().trim().split('\n').at(-1)!) as Said;
    expect(said).toEqual({
      ...{ first: 'Good morning from greeter', second: 'Good evening from greeter' },
      ...{ listeners: 0, ready: [true, false] },
    });
    expect(refusals).toEqual([
      expect.stringMatching(
        /^config_invalid: CONVOKE_PORT: port \d+ of 127.0.0.1 is in use: choose another one/,
      ),
      expect.stringMatching(/^config_invalid: startGateway: keys: a tenant is /),
      'config_invalid: startGateway: there is no setting prot.',
      expect.stringMatching(/^config_invalid: CONVOKE_HEALTH_PORT: port \d+ of 127.0.0.1 is in use/),
      'temporal_unavailable: Temporal does not answer at 127.0.0.1:1.',
      expect.stringMatching(/^temporal_not_set_up: .*namespace create --namespace nowhere/),
      expect.stringMatching(/^config_invalid: startWorker: agents.greeter: must be made by agent.model/),
      expect.stringMatching(/^config_invalid: startWorker: teams: there is no file .*no-such-file.ts/),
    ]);
  } catch (error) {
    throw new Error(program.output(), { cause: error });
  } finally {
    await program.end('SIGKILL');
    await ended;
    await Promise.all([temporal.stop(), redis.stop()]);
    await rm(home, { recursive: true, force: true });
  }
}, 120_000);
