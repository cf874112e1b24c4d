/** How many gateways run: while Redis is away, each lets in its share. */
import { randomUUID } from 'node:crypto';
import { LIMITS } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { FLEET } from './keys.ts';

export class Fleet {
  readonly id: string = randomUUID();
  readonly #join: () => Promise<unknown>;
  #gateways = 1;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Commands) {
    const join = scriptsBeside(import.meta.url, redis)('join-fleet-1');
    this.#join = () => join(FLEET, this.id, LIMITS.fleetTtlMs);
  }

  /** As Redis last knew, this one included. The first call makes this one known: a gateway whose tenants have no limits tells nothing. */
  get gateways(): number {
    if (!this.#timer) {
      this.#timer = setInterval(() => void this.#tell(), LIMITS.fleetEveryMs).unref();
      void this.#tell();
    }
    return this.#gateways;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #tell(): Promise<void> {
    // While Redis is away the number stays.
    this.#gateways = Number(await this.#join().catch(() => this.#gateways));
  }
}
