/**
 * Watches for sessions whose workflow has ended without closing them (terminated by an operator, by the server because of its size, failed after
 * a deploy), and brings each to rest: clients are told, the archive gets all of it. Every worker process watches; doing it again is harmless.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ERRORS, eventId, isConvokeError, RECOVERY, type SessionRef } from '../contracts/index.ts';
import { settleInterrupted, type SettleDeps } from '../log/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { createSessionCalls, listInterrupted } from '../temporal/index.ts';
import type { InterruptedRun, SessionCalls } from '../temporal/index.ts';

export interface WatchDeps extends SettleDeps {
  readonly client: Client;
  /** Of the sessions that this deployment's workers serve. */
  readonly taskQueue: string;
  readonly logger: Pick<Logger, 'warn'>;
  /** Default `RECOVERY.interruptionsEveryMs`. */
  readonly everyMs?: number;
}

/** Handled runs that are remembered. */
const REMEMBERED = 10_000;
/** Sessions brought to rest at a time. */
const AT_ONCE = 8;
/** The first look goes back so far, ms: there may have been no worker for a while. */
const FIRST_MS = 24 * 3_600_000;
/** Visibility may show the end of a run so much later, ms. */
const LATE_MS = 60_000;

/** Watches until the returned function is called, which resolves when nothing more is done. */
export function watchInterruptions(deps: WatchDeps): () => Promise<void> {
  const { everyMs = RECOVERY.interruptionsEveryMs } = deps;
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    const watch = new Watch(deps);
    const going = (): boolean => !stopped.signal.aborted;
    while (going()) {
      // Processes that were started together do not ask together.
      const wait = everyMs * (0.5 + Math.random() / 2);
      await pause(wait, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (going()) await watch.sweep();
    }
  };
  const running = run();
  return () => {
    stopped.abort();
    return running;
  };
}

class Watch {
  readonly #deps: WatchDeps;
  readonly #calls: SessionCalls;
  readonly #handled = new Set<string>();
  #since = Date.now() - FIRST_MS;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    this.#calls = createSessionCalls(deps);
  }

  /** Never throws: what could not be done is done by a later one. */
  async sweep(): Promise<void> {
    const began = Date.now();
    try {
      const { client, taskQueue } = this.#deps;
      const { runs, more } = await listInterrupted(client, { taskQueue, since: this.#since });
      const fresh = runs.filter(({ run }) => !this.#handled.has(run));
      let done = !more;
      for (let at = 0; at < fresh.length; at += AT_ONCE) {
        const settled = await Promise.all(fresh.slice(at, at + AT_ONCE).map((each) => this.#settle(each)));
        done &&= settled.every((each) => each);
      }
      if (done) this.#since = began - LATE_MS;
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'Interrupted sessions cannot be listed; trying again');
    }
  }

  /** False: to be tried again. */
  async #settle({ ref, run }: InterruptedRun): Promise<boolean> {
    const { logger } = this.#deps;
    const place = { tenant: ref.tenant, session: ref.session, run };
    try {
      if (!(await this.#isSettled(ref, run))) {
        const ended = await this.#calls.interrupted(ref);
        if (ended) {
          const { reason } = ended.interrupted;
          await settleInterrupted(this.#deps, ref, ended);
          logger.warn({ ...place, reason }, 'A session was interrupted; its next message reopens it');
        }
      }
    } catch (error) {
      logger.warn({ err: error, ...place }, 'A session was interrupted, and its clients cannot be told');
      if (isConvokeError(error) && ERRORS[error.code].retryable) return false;
    }
    this.#remember(run);
    return true;
  }

  /** Another process may have been first: the archive is what is written last. */
  async #isSettled(ref: SessionRef, run: string): Promise<boolean> {
    const newest = await this.#deps.source.archived(ref, Number.MAX_SAFE_INTEGER, 20).catch(() => []);
    return newest.some(({ id }) => id === eventId.sessionInterrupted(run));
  }

  #remember(run: string): void {
    this.#handled.add(run);
    for (const oldest of this.#handled) {
      if (this.#handled.size <= REMEMBERED) break;
      this.#handled.delete(oldest);
    }
  }
}
