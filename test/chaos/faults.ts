/** What can go wrong: each breaks something, lets it be broken for a while, and mends it. */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Role, Stack } from '../support/stack.ts';
import type { Random } from './random.ts';

type Fault = (stack: Stack, random: Random) => Promise<string>;

/** How long things stay broken, and how long they work again, ms. */
const BROKEN_MS = [100, 3_000] as const;
const WHOLE_MS = [500, 3_000] as const;

async function breaking(
  name: string,
  random: Random,
  [broken, mended]: readonly [() => Promise<unknown>, () => Promise<unknown>],
): Promise<string> {
  const ms = Math.round(random.between(...BROKEN_MS));
  await broken();
  await pause(ms);
  await mended();
  await pause(random.between(...WHOLE_MS));
  return `${name} (${ms} ms)`;
}

const role =
  (kind: 'workers' | 'gateways', signal: 'SIGKILL' | 'SIGTERM'): Fault =>
  (stack, random) => {
    const victim: Role = random.pick(stack[kind]);
    return breaking(`${kind} ${signal}`, random, [() => victim.end(signal), () => victim.start()]);
  };

const everyWorker: Fault = (stack, random) =>
  breaking('all workers SIGKILL', random, [
    () => Promise.all(stack.workers.map((worker) => worker.end('SIGKILL'))),
    () => Promise.all(stack.workers.map((worker) => worker.start())),
  ]);

const redis: Fault = ({ redis: server }, random) =>
  breaking('redis SIGKILL', random, [() => server.kill(), () => server.start()]);

export async function loseLogs({ redis: server }: Stack): Promise<void> {
  const client = new Redis(server.url);
  await client.flushall();
  client.disconnect();
}

const lostLogs: Fault = async (stack, random) => {
  await loseLogs(stack);
  await pause(random.between(...WHOLE_MS));
  return 'FLUSHALL';
};

const silentRedis: Fault = ({ redis: server }, random) =>
  breaking('redis silent', random, [() => server.freeze(), () => server.thaw()]);

const temporal: Fault = ({ temporal: server }, random) =>
  breaking('temporal SIGKILL', random, [() => server.kill(), () => server.start()]);

/** Workers die most often, as in life. */
export const faults: readonly Fault[] = [
  role('workers', 'SIGKILL'),
  role('workers', 'SIGKILL'),
  role('workers', 'SIGTERM'),
  role('gateways', 'SIGKILL'),
  role('gateways', 'SIGTERM'),
  everyWorker,
  redis,
  lostLogs,
  silentRedis,
  temporal,
];
