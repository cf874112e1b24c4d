/** Redis connections as the log needs them: nothing waits without bound, nothing is lost silently. */
import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { ConvokeError, LIMITS, redisNodes, redisTlsFiles } from '../contracts/index.ts';
import { channelsOn, type Channels } from './channels.ts';
import { clusterChannels } from './cluster-channels.ts';
import { watch, watchedOptions, watchNode } from './watch.ts';

/** Told of errors of the connection; commands report their own. */
type OnError = (error: Error) => void;

/** One server, or a cluster, which sends each command to the node that serves its keys. */
export type Commands = Redis | Cluster;

const retryMs = (times: number): number => Math.min(50 * times, 500);

type Waiting = Pick<RedisOptions, 'commandTimeout' | 'connectTimeout' | 'maxRetriesPerRequest' | 'keepAlive'>;
type Queueing = Pick<RedisOptions, 'enableOfflineQueue' | 'autoResubscribe'>;

/** Commands fail at once while Redis is away, and after `LIMITS.redisTimeoutMs` while it is silent. */
const PROMPT = {
  commandTimeout: LIMITS.redisTimeoutMs,
  connectTimeout: LIMITS.redisTimeoutMs,
  maxRetriesPerRequest: 1,
  keepAlive: 10_000,
} as const;
/** Commands wait for Redis. */
const PATIENT = { connectTimeout: LIMITS.redisTimeoutMs, maxRetriesPerRequest: null } as const;

/** Of a `rediss://` URL, with what is in the files that it names. Throws if one cannot be read. */
function tlsOf(url: string): Pick<RedisOptions, 'tls'> {
  const parsed = new URL(url);
  if (parsed.protocol !== 'rediss:') return {};
  const files = Object.entries(redisTlsFiles(parsed));
  return { tls: Object.fromEntries(files.map(([name, path]) => [name, readFileSync(path)])) };
}

function connect(url: string, options: Waiting & Queueing, onError: OnError): Redis {
  const redis = new Redis(url, {
    ...watchedOptions(),
    ...options,
    ...tlsOf(url),
    retryStrategy: retryMs,
    lazyConnect: true,
  });
  redis.on('error', onError);
  watch(redis, onError);
  return redis;
}

/**
 * A connection to one server. One that is silent for `LIMITS.redisSilenceMs` is replaced. ioredis re-sends what was in flight after a reconnect;
 * the scripts allow for that.
 */
export function connectRedis(url: string, onError: OnError): Redis {
  // `channels.ts` subscribes again, and knows what has been given up meanwhile.
  const options = { ...PROMPT, enableOfflineQueue: false, autoResubscribe: false };
  return connect(url, options, onError);
}

/** For commands, to whatever the URL names. */
export function connectCommands(url: string, onError: OnError): Commands {
  if (!redisNodes(url).cluster) return connectRedis(url, onError);
  return connectCluster(url, { ...PROMPT, enableOfflineQueue: false }, onError);
}

export interface ChannelConnections {
  readonly channels: Channels;
  connect(): Promise<void>;
  /** False while one of its connections is lost. */
  isReady(): boolean;
  close(): void;
}

/** For channels, to whatever the URL names; `commands`: connected to the same. */
export function connectChannels(url: string, commands: Commands, onError: OnError): ChannelConnections {
  if (commands instanceof Redis) {
    const redis = connectRedis(url, onError);
    return {
      channels: channelsOn(redis),
      connect: () => redis.connect(),
      isReady: () => redis.status === 'ready',
      close: () => redis.disconnect(),
    };
  }
  const channels = clusterChannels(commands, (node) => connectRedis(nodeUrl(url, node), onError));
  return {
    channels,
    connect: async () => undefined,
    isReady: () => channels.isReady(),
    close: () => channels.close(),
  };
}

/** For those who ignore the results of their commands (the Socket.IO adapter): these wait for Redis instead of failing. */
export function connectPatiently(url: string, onError: OnError): Commands {
  if (!redisNodes(url).cluster) return connect(url, PATIENT, onError);
  return connectCluster(url, PATIENT, onError);
}

function connectCluster(
  url: string,
  { enableOfflineQueue = true, ...waiting }: Waiting & Queueing,
  onError: OnError,
): Cluster {
  const { urls } = redisNodes(url);
  const [first = ''] = urls;
  const { username, password } = new URL(first);
  const cluster = new Cluster([...urls], {
    clusterRetryStrategy: retryMs,
    slotsRefreshTimeout: LIMITS.redisTimeoutMs,
    slotsRefreshInterval: LIMITS.redisSlotsMs,
    lazyConnect: true,
    enableOfflineQueue,
    redisOptions: {
      ...waiting,
      socketTimeout: LIMITS.redisSilenceMs,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      ...tlsOf(first),
    },
  });
  cluster.on('error', onError);
  cluster.on('+node', watchNode);
  return cluster;
}

/** The first URL of a list, for another node (`host:port`). */
function nodeUrl(url: string, node: string): string {
  const made = new URL(redisNodes(url).urls[0] ?? '');
  const at = node.lastIndexOf(':');
  const host = node.slice(0, at);
  made.hostname = host.includes(':') ? `[${host}]` : host;
  made.port = node.slice(at + 1);
  made.pathname = '';
  return made.href;
}

/** The first with sharded channels and their commands in scripts. Valkey tells the version of Redis that it stands for. */
const OLDEST_REDIS = 7;

/** Refuses a Redis on which sessions would lose their logs, or that lacks what the log needs. What a server does not tell is taken to be right. */
export async function checkServer(redis: Commands): Promise<void> {
  const isCluster = redis instanceof Cluster;
  for (const server of isCluster ? redis.nodes('master') : [redis]) {
    const info = await server.info('server').catch(() => '');
    checkVersion(info);
    if (!isCluster) checkAlone(info);
    await checkEvictionPolicy(server);
  }
}

/** Of a node of a cluster it would reach some sessions only. */
function checkAlone(info: string): void {
  if (!/^redis_mode:cluster/m.test(info)) return;
  const form = 'redis://one:6379,redis://two:6379';
  throw new ConvokeError(
    'log_unavailable',
    `This Redis is a node of a cluster; name the nodes in REDIS_URL, separated by commas: ${form}`,
  );
}

function checkVersion(info: string): void {
  const version = /^redis_version:((\d+)\S*)/m.exec(info);
  if (version && Number(version[2]) < OLDEST_REDIS) {
    throw new ConvokeError(
      'log_unavailable',
      `Redis ${version[1]} is too old; use Redis ${OLDEST_REDIS} or newer, or Valkey.`,
    );
  }
}

/** Under `allkeys-*` and `volatile-*` policies sessions would lose their logs without an error. Managed servers forbid CONFIG. */
async function checkEvictionPolicy(redis: Redis): Promise<void> {
  let policy: string | undefined;
  try {
    const reply = (await redis.config('GET', 'maxmemory-policy')) as string[] | Record<string, string>;
    policy = Array.isArray(reply) ? reply[1] : reply['maxmemory-policy'];
  } catch {
    return;
  }
  if (policy !== undefined && policy !== 'noeviction') {
    throw new ConvokeError(
      'log_unavailable',
      `Redis evicts keys (maxmemory-policy ${policy}); set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction`,
    );
  }
}
