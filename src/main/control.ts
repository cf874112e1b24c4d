/** Connections for the Socket.IO adapter, which ignores the results of its commands: they wait for Redis. Only control traffic uses them. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { connectChannels, connectPatiently, type Channels, type Commands } from '../log/index.ts';
import type { Outage } from './outage.ts';

/** Until a channel that could not be subscribed is tried again, ms. */
const AGAIN_MS = 500;

/** What the adapter asks of a subscriber. */
interface AdapterSubscriber {
  ssubscribe(channel: string): unknown;
  sunsubscribe(channels: string | readonly string[]): unknown;
  on(event: 'smessageBuffer', hear: (channel: Buffer, message: Buffer) => void): unknown;
}

/** Channels of a cluster, as the adapter subscribes: without looking whether it worked. */
function patient(channels: Channels): AdapterSubscriber {
  const wanted = new Set<string>();
  const subscribe = async (channel: string): Promise<void> => {
    while (wanted.has(channel)) {
      try {
        await channels.subscribe(channel);
        return;
      } catch {
        await pause(AGAIN_MS, undefined, { ref: false });
      }
    }
  };
  return {
    ssubscribe(channel) {
      wanted.add(channel);
      void subscribe(channel);
    },
    sunsubscribe(given) {
      for (const channel of [given].flat()) {
        wanted.delete(channel);
        void channels.unsubscribe(channel);
      }
    },
    on: (_event, hear) => channels.onMessage((channel, message) => hear(Buffer.from(channel), message)),
  };
}

/** Who hears a sharded channel, on whichever node. The adapter's own count asks with a command that the client does not have any more. */
async function hearers(commands: Commands, channel: string): Promise<number> {
  const nodes = commands instanceof Cluster ? commands.nodes('master') : [commands];
  const counts = await Promise.all(
    nodes.map(async (node) => {
      const [, count] = (await node.call('PUBSUB', 'SHARDNUMSUB', channel)) as [unknown, number]; // safety: that is its answer
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

export interface AdapterConnections {
  readonly publisher: Commands;
  readonly subscriber: AdapterSubscriber;
  /** Gateways that hear this channel of the adapter. */
  readonly hearers: (channel: string) => Promise<number>;
  close(): void;
}

/** Resolves even while Redis is away. */
export async function openAdapterConnections(
  url: string,
  outage: Pick<Outage, 'failing'>,
): Promise<AdapterConnections> {
  const onError = (error: Error): void => outage.failing(error.message);
  const publisher = connectPatiently(url, onError);
  const notices = connectChannels(url, publisher, onError);
  await Promise.all([publisher.connect(), notices.connect()].map((each) => each.catch(onError)));
  return {
    publisher,
    subscriber: patient(notices.channels),
    hearers: (channel) => hearers(publisher, channel),
    close() {
      publisher.disconnect();
      notices.close();
    },
  };
}
