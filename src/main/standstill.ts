/** The event loop of the main thread stands still: whose code is it, who must know, and what the operator is told. */
import { writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { RECOVERY } from '../contracts/index.ts';
import { connectCommands, createStalls, type Stall } from '../log/index.ts';
import { createLogger, type Logger } from '../telemetry/index.ts';
import { askMainThread, type Seen } from './main-thread.ts';
import { TICKS, type WatchedLoop } from './watched-loop.ts';

/** Names this process among those that a turn has blocked. */
const ME = randomUUID();
/** How long the main thread may take to answer, ms. */
const ANSWER_MS = 3_000;

export class Standstill {
  readonly #loop: WatchedLoop;
  readonly #ticks: number;
  /** ms since the Unix epoch. */
  readonly #since = Date.now() - RECOVERY.stallNoticedMs;
  readonly #logger: Logger & Record<'fatal', Logger['error']>;
  /** What is told to others, one after the other. */
  #told: Promise<void>;
  #seen: Seen | null = null;

  /** `ticks`: how often the event loop had come round. */
  constructor(loop: WatchedLoop, ticks: number) {
    this.#loop = loop;
    this.#ticks = ticks;
    // At once: the process is about to end.
    this.#logger = createLogger('worker', loop.logLevel, { write: (line) => void writeSync(1, line) });
    this.#told = this.#ask();
  }

  async #ask(): Promise<void> {
    const seen = await askMainThread(ANSWER_MS);
    if (Atomics.load(this.#loop.shared, TICKS) !== this.#ticks) return;
    this.#seen = seen;
    await this.#tell('blocked');
  }

  /** The event loop goes on. */
  over(): void {
    this.#logger.warn(this.#place(), 'Code that does not yield has blocked this worker');
    this.#told = this.#told.then(() => this.#tell(null));
  }

  /** Ends the process. */
  end(): void {
    this.#told = this.#told.then(async () => {
      const what = 'Code that does not yield blocks this worker: it ends, and must be started again';
      this.#logger.fatal(this.#place(), what);
      await this.#tell('ended');
      process.kill(process.pid, 'SIGKILL');
    });
  }

  #place(): object {
    return { blockedMs: Date.now() - this.#since, ...this.#seen?.running, stack: this.#seen?.stack };
  }

  /** Tells those who are to run the turn next. Over a connection for this one call: there is hardly ever one. */
  async #tell(stall: Stall | null): Promise<void> {
    if (!this.#seen?.running) return;
    const { turn, tenant, session } = this.#seen.running;
    const redis = connectCommands(this.#loop.redisUrl, () => undefined);
    try {
      await redis.connect();
      await createStalls(redis).tell({ tenant, session }, turn, ME, stall);
    } catch (error) {
      this.#logger.warn({ err: error }, 'Other workers cannot be told which turn blocks this one');
    } finally {
      redis.disconnect();
    }
  }
}
