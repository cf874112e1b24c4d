/** What operators are told of the servers and workers of a deployment. */
import type { Client } from '@temporalio/client';
import { Cluster } from 'ioredis';
import { databaseOf } from '../archive/index.ts';
import type { Database } from '../archive/index.ts';
import { LIMITS, type QueueStatus, type RedisStatus } from '../contracts/index.ts';
import { answered } from '../gateway/index.ts';
import type { SystemPorts } from '../gateway/index.ts';
import type { Commands } from '../log/index.ts';
import { describeQueue, requireSetUp } from '../temporal/index.ts';
import type { Config } from './config.ts';
import type { LogConnections } from './redis.ts';
import { version } from './resource.ts';

export interface SystemParts {
  readonly config: Pick<Config, 'temporal' | 'archiveUrl'>;
  readonly client: Client;
  readonly database: Database;
  readonly session: Pick<LogConnections, 'workers' | 'commands'>;
  readonly refused: SystemPorts['refused'];
}

export function systemPorts({ config, client, database, session, refused }: SystemParts): SystemPorts {
  const { namespace, taskQueue } = config.temporal;
  const soon = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + LIMITS.systemAskMs, call);
  const ask = (kind: QueueStatus['kind'], name: string): Promise<QueueStatus> =>
    answered(() => soon(() => describeQueue(client, { namespace, name, kind })), { name, kind, pollers: [] });
  return {
    version: version(),
    refused,
    workers: () => session.workers.read(),
    gone: () => session.workers.gone(),
    queues: (further) =>
      Promise.all([
        ask('workflow', taskQueue),
        ...[taskQueue, ...further].map((name) => ask('activity', name)),
      ]),
    redis: () => redisStatus(session.commands),
    async temporal() {
      const { connection } = client;
      const [info] = await soon(() =>
        Promise.all([client.workflowService.getSystemInfo({}), requireSetUp({ connection, namespace })]),
      );
      return { namespace, version: info.serverVersion };
    },
    async archive() {
      await database.read({ sql: 'SELECT 1 AS one' });
      return { kind: databaseOf(config.archiveUrl).kind };
    },
  };
}

/** Of all servers that hold keys, together. */
async function redisStatus(commands: Commands): Promise<RedisStatus> {
  const nodes = commands instanceof Cluster ? commands.nodes('master') : [commands];
  const told = await Promise.all(nodes.map(async (node) => fieldsOf(await node.info())));
  const sum = (name: string): number =>
    told.reduce((total, fields) => total + Number(fields.get(name) ?? 0), 0);
  const [first] = told;
  return {
    version: first?.get('valkey_version') ?? first?.get('redis_version') ?? 'unknown',
    nodes: nodes.length,
    usedBytes: sum('used_memory'),
    mostBytes: sum('maxmemory'),
    policy: first?.get('maxmemory_policy') ?? 'unknown',
    clients: sum('connected_clients'),
  };
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  const lines = info.split('\r\n').map((line) => line.split(':'));
  return new Map(lines.flatMap(([name, value]) => (name && value !== undefined ? [[name, value]] : [])));
}
