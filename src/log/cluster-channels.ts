/**
 * Sharded channels of a cluster: each is heard on the node that serves its slot, over a connection to that node, and elsewhere once the slot has
 * moved or a replica has taken its place. (ioredis subscribes on one node, or with `shardedSubscribers` on all, but then does not tell when a
 * channel is heard again, and does not notice a silent node.)
 */
import type { Cluster, Redis } from 'ioredis';
import { channelsOn, isMoved, type Channels } from './channels.ts';
import { slotOf } from './slots.ts';

/** After a channel could not be heard where it is served now, ms. */
const AGAIN_MS = 200;
/** Where a channel is that is not heard anywhere yet. */
const NOWHERE = '';

interface Link {
  readonly redis: Redis;
  readonly channels: Channels;
  readonly connected: Promise<void>;
}

export interface ClusterChannels extends Channels {
  isReady(): boolean;
  close(): void;
}

/** `cluster`: knows who serves which slot. `open`: a connection to one of its nodes, `host:port`. */
export function clusterChannels(cluster: Cluster, open: (node: string) => Redis): ClusterChannels {
  return new NodeChannels(cluster, open);
}

class NodeChannels implements ClusterChannels {
  readonly #cluster: Cluster;
  readonly #open: (node: string) => Redis;
  readonly #links = new Map<string, Link>();
  /** Each channel that somebody wants to hear, and the node on which it is heard. */
  readonly #heardOn = new Map<string, string>();
  readonly #hear: ((channel: string, message: Buffer) => void)[] = [];
  readonly #tell: ((channels: readonly string[]) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #moving = false;

  constructor(cluster: Cluster, open: (node: string) => Redis) {
    this.#cluster = cluster;
    this.#open = open;
    cluster.on('refresh', () => void this.#move());
  }

  async subscribe(channel: string): Promise<void> {
    if (!this.#heardOn.has(channel)) this.#heardOn.set(channel, NOWHERE);
    try {
      await this.#place(channel);
    } catch (error) {
      if (!isMoved(error)) throw error;
      await this.#refreshed();
      await this.#place(channel);
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    const node = this.#heardOn.get(channel) ?? NOWHERE;
    this.#heardOn.delete(channel);
    await this.#links.get(node)?.channels.unsubscribe(channel);
  }

  onMessage(hear: (channel: string, message: Buffer) => void): void {
    this.#hear.push(hear);
  }

  onAgain(hear: (channels: readonly string[]) => void): void {
    this.#tell.push(hear);
  }

  isReady(): boolean {
    return [...this.#links.values()].every(({ redis }) => redis.status === 'ready');
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#heardOn.clear();
    for (const { redis } of this.#links.values()) redis.disconnect();
    this.#links.clear();
  }

  #nodeOf(channel: string): string | undefined {
    return this.#cluster.slots[slotOf(channel)]?.[0];
  }

  /** Hears the channel where it is served, as far as is known, and no longer where it was. */
  async #place(channel: string): Promise<void> {
    const node = this.#nodeOf(channel);
    if (node === undefined) throw new Error('The cluster does not tell who serves this channel.');
    const { channels, connected } = this.#link(node);
    await connected;
    try {
      await channels.subscribe(channel);
    } catch (error) {
      void channels.unsubscribe(channel);
      throw error;
    }
    const before = this.#heardOn.get(channel);
    if (before === undefined) return channels.unsubscribe(channel); // given up meanwhile
    this.#heardOn.set(channel, node);
    if (before !== node) await this.#links.get(before)?.channels.unsubscribe(channel);
  }

  #link(node: string): Link {
    const known = this.#links.get(node);
    if (known) return known;
    const redis = this.#open(node);
    const channels = channelsOn(redis);
    const link = { redis, channels, connected: redis.connect().catch(() => undefined) };
    this.#links.set(node, link);
    channels.onMessage((channel, message) => {
      for (const hear of this.#hear) hear(channel, message);
    });
    channels.onAgain((again) => {
      for (const tell of this.#tell) tell(again);
    });
    // The server ends subscriptions whose slot it gives away; a node that is lost may be replaced.
    for (const sign of ['moved', 'close']) redis.on(sign, () => this.#cluster.refreshSlotsCache());
    return link;
  }

  #refreshed(): Promise<void> {
    return new Promise((resolve) => this.#cluster.refreshSlotsCache(() => resolve()));
  }

  /** Who serves what has been asked: follows those channels that are served elsewhere now. */
  async #move(): Promise<void> {
    if (this.#moving) return;
    this.#moving = true;
    const elsewhere = [...this.#heardOn].flatMap(([channel, node]) =>
      node !== NOWHERE && this.#nodeOf(channel) !== node ? [channel] : [],
    );
    const moved: string[] = [];
    await Promise.all(
      elsewhere.map((channel) =>
        this.#place(channel).then(
          () => moved.push(channel),
          () => undefined,
        ),
      ),
    );
    this.#moving = false;
    if (moved.length > 0) for (const tell of this.#tell) tell(moved);
    if (moved.length < elsewhere.length) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#cluster.refreshSlotsCache(), AGAIN_MS).unref();
    }
    this.#forget();
  }

  /** Nodes that serve nothing of what is heard. */
  #forget(): void {
    const used = new Set([...this.#heardOn].flatMap(([channel, node]) => [node, this.#nodeOf(channel)]));
    for (const [node, { redis }] of this.#links) {
      if (used.has(node)) continue;
      this.#links.delete(node);
      redis.disconnect();
    }
  }
}
