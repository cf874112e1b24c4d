/** What an operator should look at, from what the parts of a deployment tell. */
import { counted } from './counted.ts';
import { LIMITS } from './limits/index.ts';
import type { GatewayStatus, QueueStatus, SystemStatus, ToldWorker, Trouble } from './system.ts';
import { troublesOfWork } from './work-troubles.ts';

/** A task that waits so long is told, ms. */
const WAITS_MS = 5_000;
/** Memory that is used, as a share of what there is. */
const FULL = 0.9;

type Told = Omit<SystemStatus, 'troubles'>;

const error = (text: string): Trouble => ({ level: 'error', text });
const warning = (text: string): Trouble => ({ level: 'warning', text });

export function troublesOf(told: Told): readonly Trouble[] {
  const { gateways, workers, queues } = told;
  const all = [
    ...servers(told),
    ...gateways.data.flatMap(ofGateway),
    ...missing(gateways),
    ...(workers.status === 'ok' && workers.data.length === 0
      ? [error('No worker runs: messages are accepted and wait. Start one: npx convoke worker')]
      : []),
    ...queues.data.flatMap((queue) => ofQueue(queue)),
    ...workers.data.flatMap((worker) => ofWorker(worker)),
    ...troublesOfWork(workers, told.at),
  ];
  const sorted = [
    ...all.filter(({ level }) => level === 'error'),
    ...all.filter(({ level }) => level !== 'error'),
  ];
  return sorted.slice(0, LIMITS.troublesTold);
}

function servers({ redis, temporal, archive, workers }: Told): readonly Trouble[] {
  const { server } = redis;
  const isFull = server !== undefined && server.mostBytes > 0 && server.usedBytes > FULL * server.mostBytes;
  return [
    ...(temporal.status === 'ok' ? [] : [error(`Temporal: ${temporal.reason ?? 'unknown'}`)]),
    ...(redis.status === 'ok' ? [] : [error(`Redis: ${redis.reason ?? 'unknown'}`)]),
    ...(archive.status === 'ok' ? [] : [error(`Archive: ${archive.reason ?? 'unknown'}`)]),
    ...(redis.status === 'ok' && workers.status !== 'ok'
      ? [warning(`Workers: ${workers.reason ?? 'unknown'}`)]
      : []),
    ...(isFull
      ? [
          error(
            `Redis is ${Math.round((server.usedBytes / server.mostBytes) * 100)} % full: raise its maxmemory.`,
          ),
        ]
      : []),
  ];
}

function missing({ asked, data }: Told['gateways']): readonly Trouble[] {
  const silent = asked - data.length;
  return silent > 0
    ? [warning(`${silent} of ${asked} gateways have not answered: look at their logs and /readyz.`)]
    : [];
}

function ofGateway({ id, ready, checks, draining, lateMs }: GatewayStatus): readonly Trouble[] {
  const failing = Object.entries(checks).filter(([, result]) => result !== 'ok');
  const names = failing.map(([name]) => name).join(', ');
  return [
    ...(ready ? [] : [error(`Gateway ${id} is not ready: ${names}.`)]),
    ...(draining ? [warning(`Gateway ${id} is drained: stop it, or resume it.`)] : []),
    ...(lateMs > LIMITS.lateMs / 2 ? [warning(`Gateway ${id}: its event loop is ${lateMs} ms late.`)] : []),
  ];
}

function ofQueue({
  name,
  kind,
  status,
  reason,
  backlog = 0,
  oldestMs = 0,
  pollers,
}: QueueStatus): readonly Trouble[] {
  const what = `Task queue ${name} (${kind})`;
  if (status !== 'ok') return [warning(`${what}: ${reason ?? 'unknown'}`)];
  const waiting = `${counted(backlog, 'task')} ${backlog === 1 ? 'waits' : 'wait'}`;
  if (backlog > 0 && pollers.length === 0) return [error(`${what}: ${waiting} and no worker polls it.`)];
  if (oldestMs < WAITS_MS) return [];
  return [warning(`${what}: ${waiting}, the oldest for ${Math.round(oldestMs / 1_000)} s: add workers.`)];
}

function ofWorker({ id, draining, turns }: ToldWorker): readonly Trouble[] {
  return [
    ...(draining ? [warning(`Worker ${id} is stopping: it takes no more work.`)] : []),
    ...(turns.used >= turns.most
      ? [
          warning(
            `Worker ${id} has ${turns.most === 1 ? 'its only slot' : `all ${turns.most} slots`} in use: add workers.`,
          ),
        ]
      : []),
  ];
}
