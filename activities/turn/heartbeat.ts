/**
 * The heartbeats of a turn's activity: signs of life, and the channel by which its journal is made durable.
 *
 * They go through the client, one at a time, each awaited. Not through `Context.heartbeat`: that is throttled, not awaited, and may put an
 * older journal over a newer one. The SDK's core does not see these heartbeats, so it takes the activity for dead 5 s after its heartbeat
 * time-out and drops what it returns: the activity must also be completed through the client.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { TurnStopped } from './stops.ts';

export interface HeartbeatOptions<T> {
  /**
   * Records one heartbeat. Resolves once the server has it. `gone`: it has no such attempt any more. `cancelled`: it has it, and the
   * activity is to stop. Rejects while the server cannot be reached.
   */
  readonly send: (details: T) => Promise<'recorded' | 'cancelled' | 'gone'>;
  readonly details: () => T;
  readonly everyMs: number;
  readonly stop: (why: TurnStopped) => void;
}

interface Waiting {
  readonly version: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Pauses between tries while the server is away, ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

export class Heartbeat<T> {
  readonly #options: HeartbeatOptions<T>;
  readonly #timer: NodeJS.Timeout;
  #version = 0;
  #waiting: Waiting[] = [];
  #pumping: Promise<void> | null = null;
  #ended = false;

  /** The first sign of life comes after `everyMs`: most turns need none. */
  constructor(options: HeartbeatOptions<T>) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#pump(), options.everyMs);
  }

  /** Resolves once the server has the details as they are now. Rejects with `TurnStopped` if it has no use for them. */
  persist(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#version += 1;
    this.#waiting.push({ version: this.#version, resolve: () => resolve(undefined), reject });
    void this.#pump();
    return promise;
  }

  /** No heartbeat is under way afterwards, and none follows. */
  async end(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#pumping;
  }

  #pump(): Promise<void> {
    this.#pumping ??= this.#beat().finally(() => {
      this.#pumping = null;
      // Somebody may have come after the last look.
      if (this.#waiting.length > 0) void this.#pump();
    });
    return this.#pumping;
  }

  async #beat(): Promise<void> {
    for (let wait = FIRST_PAUSE_MS; !this.#ended;) {
      const version = this.#version;
      const answer = await this.#options.send(this.#options.details()).catch(() => 'away' as const);
      if (answer === 'away') {
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
        continue;
      }
      if (answer === 'gone') {
        this.#stop(new TurnStopped('superseded'));
        return;
      }
      this.#settle(
        (each) => each.version <= version,
        (each) => each.resolve(),
      );
      if (answer === 'cancelled') this.#options.stop(new TurnStopped('cancelled'));
      if (this.#waiting.length === 0) return;
    }
    this.#settle(
      () => true,
      (each) => each.reject(new TurnStopped('superseded')),
    );
  }

  #stop(why: TurnStopped): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#settle(
      () => true,
      (each) => each.reject(why),
    );
    this.#options.stop(why);
  }

  #settle(which: (each: Waiting) => boolean, how: (each: Waiting) => void): void {
    const settled = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((each) => !settled.includes(each));
    for (const each of settled) how(each);
  }
}
