/** One session on a real Redis: its workflow in memory, gateways that deliver it, clients that watch it. */
import { createSqliteArchive } from '../../src/archive/index.ts';
import type { Archive } from '../../src/archive/index.ts';
import type { SessionRef } from '../../src/contracts/index.ts';
import { createDelivery } from '../../src/deliver/index.ts';
import type { DeliveryDeps } from '../../src/deliver/service.ts';
import type { Delivery } from '../../src/deliver/index.ts';
import { connectRedis, createPresenceRows, createRedisLog } from '../../src/log/index.ts';
import type { LogListener, SessionLog } from '../../src/log/index.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { Author } from './author.ts';

type Redis = ReturnType<typeof connectRedis>;

/** A log that counts what is asked of it and can go deaf, as if every notice were lost. */
export interface Tapped extends SessionLog {
  readonly calls: Record<string, number>;
  deaf: boolean;
  /** Notices that came while it was deaf. */
  unheard: number;
  /** Those who subscribed, oldest first. */
  readonly listeners: LogListener[];
}

export function tap(log: SessionLog): Tapped {
  const calls: Record<string, number> = {};
  const count = (name: string): void => void (calls[name] = (calls[name] ?? 0) + 1);
  const tapped: Tapped = {
    ...{ calls, deaf: false, unheard: 0, listeners: [] },
    admit: (...args) => log.admit(...args),
    release: (...args) => log.release(...args),
    placeOf: (...args) => log.placeOf(...args),
    begin: (...args) => log.begin(...args),
    delta: (...args) => log.delta(...args),
    commit: (...args) => log.commit(...args),
    append: (...args) => log.append(...args),
    read(...args) {
      count('read');
      return log.read(...args);
    },
    tell: (...args) => log.tell(...args),
    rebuild(...args) {
      count('rebuild');
      return log.rebuild(...args);
    },
    heads(...args) {
      count('heads');
      return log.heads(...args);
    },
    subscribe(ref, listener) {
      count('subscribe');
      const unlessDeaf =
        <A extends unknown[]>(tell: (...args: A) => void) =>
        (...args: A): void => {
          if (tapped.deaf) tapped.unheard += 1;
          else tell(...args);
        };
      const ears: LogListener = {
        event: unlessDeaf(listener.event.bind(listener)),
        delta: unlessDeaf(listener.delta.bind(listener)),
        epoch: unlessDeaf(listener.epoch.bind(listener)),
        note: unlessDeaf((note) => listener.note?.(note)),
        reconnected: listener.reconnected.bind(listener),
      };
      tapped.listeners.push(ears);
      return log.subscribe(ref, ears);
    },
  };
  return tapped;
}

export interface Gateway {
  readonly delivery: Delivery;
  readonly log: Tapped;
  readonly commands: Redis;
  readonly subscriber: Redis;
  readonly warnings: string[];
}

export class Rig {
  readonly redis: TestRedis;
  readonly archive: Archive;
  /** For commands of a test; waits for Redis. */
  readonly admin: Redis;
  readonly #connections: Redis[] = [];
  readonly #gateways: Gateway[] = [];
  #sessions = 0;

  private constructor(redis: TestRedis, admin: Redis, archive: Archive) {
    this.redis = redis;
    this.archive = archive;
    this.admin = admin;
    this.#connections.push(admin);
  }

  static async start(): Promise<Rig> {
    const redis = await startRedis();
    const admin = connectRedis(redis.url, () => undefined);
    await admin.connect();
    return new Rig(redis, admin, await createSqliteArchive(':memory:'));
  }

  /** A session that no other test has touched; `maxBytes`: when its log is trimmed. */
  async author(options: { maxBytes?: number } = {}): Promise<Author> {
    const ref: SessionRef = { tenant: 'acme', session: `s${(this.#sessions += 1)}` };
    return new Author(ref, await this.#log(options), this.archive);
  }

  async gateway(author: Author, more: Pick<DeliveryDeps, 'isErasing'> = {}): Promise<Gateway> {
    const [commands, subscriber] = await Promise.all([this.#connect(), this.#connect()]);
    const log = tap(createRedisLog({ commands, subscriber }));
    const warnings: string[] = [];
    const logger = { warn: (_fields: object, message: string) => void warnings.push(message) };
    const receipt = author.receipt.bind(author);
    const delivery = createDelivery({
      ...{ log, source: author, archive: this.archive, receipt, logger, ...more },
      kicks: createPresenceRows(commands).kicks,
      exists: async (ref) => author.exists || (await this.archive.session(ref)) !== null,
    });
    const gateway = { delivery, log, commands, subscriber, warnings };
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Breaks the connections on which notices come. */
  async breakSubscribers(): Promise<void> {
    await this.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#gateways.map(({ delivery }) => delivery.stop()));
    for (const connection of this.#connections) connection.disconnect();
    await Promise.all([this.archive.close(), this.redis.stop()]);
  }

  async #connect(): Promise<Redis> {
    const connection = connectRedis(this.redis.url, () => undefined);
    this.#connections.push(connection);
    await connection.connect();
    return connection;
  }

  async #log(options: { maxBytes?: number }): Promise<SessionLog> {
    const [commands, subscriber] = await Promise.all([this.#connect(), this.#connect()]);
    return createRedisLog({ commands, subscriber, ...options });
  }
}
