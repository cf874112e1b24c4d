/** Keeps what a gateway knows of the registry new, and writes what it has to tell: two loops, so that a slow write holds up no news. */
import { ConvokeError, LIMITS } from '../contracts/index.ts';
import type { AuditBuffer } from './audit.ts';
import type { Directory } from './directory.ts';
import type { Registry } from './registry.ts';

export interface RegistryWatchConfig {
  readonly registry: Registry;
  readonly directory: Directory;
  readonly audit: AuditBuffer;
}

export class RegistryWatch {
  readonly #config: RegistryWatchConfig;
  readonly #told = new Set<() => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #loaded = Promise.withResolvers<undefined>();
  #version = 0;
  /** One look after the other. */
  #looking: Promise<void> = Promise.resolve();
  #keeping: Promise<void> = Promise.resolve();
  #answeredAt = -Infinity;
  #sweptAt = -Infinity;
  #going = true;

  constructor(config: RegistryWatchConfig) {
    this.#config = config;
  }

  /** Resolves once the registry has been read. */
  get loaded(): Promise<undefined> {
    return this.#loaded.promise;
  }

  /** Called when somebody may have to be refused who was not before. */
  onChange(told: () => void): void {
    this.#told.add(told);
  }

  /** Looks at once, then now and then. Resolves after the first look, also if the database is away. */
  async start(): Promise<void> {
    await this.refresh().catch(() => undefined);
    this.#every(async () => {
      await this.refresh().catch(() => undefined);
    });
    this.#every(() => (this.#keeping = this.#keep().catch(() => undefined)));
  }

  /** Knows afterwards what had been written before. Rejects with `archive_unavailable`. */
  refresh(): Promise<void> {
    const look = this.#looking.catch(() => undefined).then(() => this.#look());
    this.#looking = look;
    return look;
  }

  /** Rejects if the database has not answered for a while: the last known registry goes on counting. */
  check(): Promise<void> {
    return performance.now() - this.#answeredAt > LIMITS.registryStaleMs
      ? Promise.reject(
          new ConvokeError(
            'registry_unavailable',
            'The registry cannot be read: what was last known of keys and tenants goes on counting.',
          ),
        )
      : Promise.resolve();
  }

  /** Writes what waits, and looks no more. */
  async stop(): Promise<void> {
    this.#going = false;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.allSettled([this.#looking, this.#keeping]);
    await this.#config.audit.flush(this.#config.registry).catch(() => undefined);
  }

  async #look(): Promise<void> {
    const { registry, directory } = this.#config;
    const changes = await registry.changesAfter(this.#version);
    this.#version = changes?.version ?? this.#version;
    this.#answeredAt = performance.now();
    const isNews = directory.learn(changes);
    this.#loaded.resolve(undefined);
    if (isNews) for (const tell of this.#told) tell();
  }

  async #keep(): Promise<void> {
    const { registry, directory, audit } = this.#config;
    await audit.flush(registry);
    await registry.touch(directory.takeUsed(), Date.now());
    if (performance.now() - this.#sweptAt < LIMITS.sweepMs) return;
    this.#sweptAt = performance.now();
    await registry.sweep(Date.now());
  }

  /** Pauses after each. */
  #every(work: () => Promise<void>): void {
    const again = (): void => {
      if (!this.#going) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void work().then(again);
      }, LIMITS.registryMs).unref();
      this.#timers.add(timer);
    };
    again();
  }
}
