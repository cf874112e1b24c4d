/** A real Redis Cluster for tests: three masters, the first with a replica. */
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { eventually } from './process.ts';
import { startRedis, type TestRedis } from './redis.ts';
import type { Certificates } from './tls.ts';

export interface TestCluster {
  /** Of all nodes, as `REDIS_URL` names them. */
  readonly url: string;
  /** The three masters, then the replica of the first. */
  readonly nodes: readonly TestRedis[];
  /** Gives a slot, with its keys, to another master. */
  moveSlot(slot: number, to: TestRedis): Promise<void>;
  /** The node that serves a slot, as the others see it. */
  masterOf(slot: number): Promise<TestRedis | undefined>;
  /** Resolves once all slots are served. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;

/** Of a node that takes nobody without a certificate, besides the nodes of its cluster. */
function tlsFlags(certificates: Certificates, port: number): readonly string[] {
  const { ca, cert, key, clientCert, clientKey } = certificates;
  const shown = ['--tls-client-cert-file', clientCert, '--tls-client-key-file', clientKey];
  const files = ['--tls-ca-cert-file', ca, '--tls-cert-file', cert, '--tls-key-file', key, ...shown];
  const own = ['--tls-cluster', 'yes', '--tls-replication', 'yes', '--tls-auth-clients', 'yes'];
  return ['--port', '0', '--tls-port', String(port), ...files, ...own];
}

/** `certificates`: over TLS; clients show theirs. */
export async function startCluster(certificates?: Certificates): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-cluster-'));
  const nodes = await Promise.all(
    Array.from({ length: MASTERS + 1 }, async (_, index) => {
      const own = ['--dir', folder, '--cluster-config-file', `nodes-${index}.conf`];
      const times = ['--cluster-node-timeout', '1000', '--cluster-port', String(await freePort())];
      const flags = ['--cluster-enabled', 'yes', ...own, ...times];
      return startRedis((port) => [...flags, ...(certificates ? tlsFlags(certificates, port) : [])]);
    }),
  );
  const tls = certificates && {
    ca: readFileSync(certificates.ca),
    cert: readFileSync(certificates.clientCert),
    key: readFileSync(certificates.clientKey),
  };
  const admins = nodes.map(({ port }) => new Redis({ port, host: '127.0.0.1', ...(tls && { tls }) }));
  for (const admin of admins) admin.on('error', () => undefined);
  const masters = admins.slice(0, MASTERS);
  const ids = await Promise.all(admins.map((admin) => admin.cluster('MYID')));
  const alive = (): readonly Redis[] => admins.filter(({ status }) => status === 'ready');
  const whole = (): Promise<void> =>
    eventually('all slots are served', async () => {
      const infos = await Promise.all(alive().map((admin) => admin.cluster('INFO')));
      return infos.every((info) => /cluster_state:ok[\s\S]*cluster_slots_ok:16384/.test(info));
    });

  const masterOf = async (slot: number): Promise<TestRedis | undefined> => {
    const rows = (await alive()[0]!.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const row = rows.find(([from, to]) => from <= slot && slot <= to);
    return nodes.find(({ port }) => port === row?.[2][1]);
  };

  const share = Math.ceil(SLOTS / MASTERS);
  await Promise.all(
    masters.map((admin, index) =>
      admin.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min((index + 1) * share, SLOTS) - 1),
    ),
  );
  const [, bus = ''] = await admins[0]!.config('GET', 'cluster-port');
  for (const admin of admins.slice(1)) await admin.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port, bus);
  await eventually('they know each other', async () => {
    const known = await Promise.all(admins.map((admin) => admin.cluster('INFO')));
    return known.every((info) => info.includes(`cluster_known_nodes:${nodes.length}`));
  });
  await eventually('the replica follows', () =>
    admins
      .at(-1)!
      .call('CLUSTER', 'REPLICATE', ids[0]!)
      .then(() => true),
  );
  await eventually('the replica is there', async () =>
    (await admins[0]!.info('replication')).includes('connected_slaves:1'),
  );
  await whole();

  return {
    url: nodes.map(({ url }) => url).join(','),
    nodes,
    whole,
    masterOf,
    async moveSlot(slot, to) {
      const target = nodes.indexOf(to);
      const source = nodes.indexOf((await masterOf(slot))!);
      const [from, into] = [admins[source]!, admins[target]!];
      await into.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[source]!);
      await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[target]!);
      const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
      if (keys.length > 0) await from.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
      for (const admin of [into, from, ...masters])
        await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[target]!);
    },
    async stop() {
      for (const admin of admins) admin.disconnect();
      await Promise.all(nodes.map((node) => node.stop()));
      await rm(folder, { recursive: true });
    },
  };
}
