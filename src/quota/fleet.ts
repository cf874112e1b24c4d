/** The gateways that run: while Redis is away each lets in its share, and who was connected to one that crashed is gone. */
import { randomUUID } from 'node:crypto';
import { LIMITS } from '../contracts/index.ts';
import { scriptsBeside, type Commands } from '../log/index.ts';
import { FLEET } from './keys.ts';

/** How the fleet stood. */
export interface Look {
  /** Those that have told of themselves within `LIMITS.gatewayMs`, this one included. */
  readonly alive: ReadonlySet<string>;
  /** When that was asked, ms of `performance.now()`. */
  readonly askedAt: number;
  /** This one had not: others have taken it to be gone. */
  readonly lapsed: boolean;
}

export class Fleet {
  readonly id: string = randomUUID();
  readonly #join: () => Promise<unknown>;
  readonly #told = new Set<(look: Look) => void>();
  #gateways = 1;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Commands) {
    const join = scriptsBeside(import.meta.url, redis)('join-fleet-1');
    this.#join = () => join(FLEET, this.id, LIMITS.fleetTtlMs, LIMITS.gatewayMs);
  }

  /** As Redis last knew, this one included. The first call makes this one known: a gateway that nobody asks for it tells nothing. */
  get gateways(): number {
    if (this.#start()) void this.look().catch(() => undefined); // while Redis is away the number stays
    return this.#gateways;
  }

  /** Asks now. From then on this gateway counts. Throws `log_unavailable`. */
  async look(): Promise<Look> {
    this.#start();
    const askedAt = performance.now();
    const [gateways, lapsed, ...alive] = (await this.#join()) as [number, number, ...string[]]; // safety: see the script
    this.#gateways = gateways;
    const look = { alive: new Set(alive), askedAt, lapsed: lapsed === 1 };
    for (const tell of this.#told) tell(look);
    return look;
  }

  /** Tells of every look. */
  onLook(tell: (look: Look) => void): void {
    this.#told.add(tell);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** True for the first call. */
  #start(): boolean {
    if (this.#timer) return false;
    this.#timer = setInterval(() => void this.look().catch(() => undefined), LIMITS.fleetEveryMs).unref();
    return true;
  }
}
