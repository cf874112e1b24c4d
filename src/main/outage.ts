/** Tells the operator of a server that this process needs and cannot use: at once, again with longer and longer pauses, and when it is back. */
import type { Logger } from '../telemetry/index.ts';

/** How often a server is asked, ms. */
const ASKED_MS = 2_000;
/** The first pause between two lines about the same outage; it doubles up to the longest, ms. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

export interface OutageOptions {
  /** The server, and fields by which the operator finds it. */
  readonly what: string;
  readonly where: object;
  /** What it means as long as it lasts, as the rest of a sentence. */
  readonly meanwhile: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** What has gone wrong, with what was behind it. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error)) return message;
  // Errors of gRPC say it best there.
  const { details } = cause as { readonly details?: unknown };
  const why = typeof details === 'string' && details !== '' ? details : cause.message;
  // gRPC ends its words with a label that mostly has nothing behind it.
  return `${message} ${why.replace(/\s*Resolution note:\s*$/, '')}`;
}

export class Outage {
  readonly #options: OutageOptions;
  #since: number | null = null;
  /** Of the next line about this outage, ms since the process began. */
  #nextAt = 0;
  #pauseMs = FIRST_PAUSE_MS;
  /** Something has failed since the server last answered. */
  #failed = false;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** It cannot be used, as far as is known. */
  get isGoing(): boolean {
    return this.#since !== null;
  }

  /** May be called as often as anything fails. */
  failing(reason: string): void {
    const { what, where, meanwhile, logger } = this.#options;
    const now = performance.now();
    this.#failed = true;
    if (this.#since === null) {
      [this.#since, this.#nextAt, this.#pauseMs] = [now, now, FIRST_PAUSE_MS];
    }
    if (now < this.#nextAt) return;
    const awayMs = Math.round(now - this.#since);
    logger.warn({ ...where, reason, awayMs }, `${what} cannot be used: ${meanwhile}`);
    this.#nextAt = now + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  /** The server has answered: the outage is over unless something has failed since it last did. */
  answered(): void {
    const isOver = this.#since !== null && !this.#failed;
    this.#failed = false;
    if (!isOver) return;
    const { what, where, logger } = this.#options;
    logger.info({ ...where, awayMs: Math.round(performance.now() - (this.#since ?? 0)) }, `${what} is back`);
    this.#since = null;
  }

  /** Asks now and then, until the returned function is called; that resolves once nothing is asked any more. */
  watch(ask: () => Promise<unknown>, everyMs = ASKED_MS): () => Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let going = true;
    let looking: Promise<void>;
    const look = async (): Promise<void> => {
      try {
        await ask();
        this.answered();
      } catch (error) {
        if (going) this.failing(whyOf(error));
      }
      if (going) timer = setTimeout(begin, everyMs).unref();
    };
    const begin = (): void => {
      looking = look();
    };
    begin();
    return async () => {
      going = false;
      clearTimeout(timer);
      await looking;
    };
  }
}
