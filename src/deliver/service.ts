/** Delivery: who is followed, and the questions that need no following. */
import { LIMITS, receiptOf, sessionKey } from '../contracts/index.ts';
import type { Cursor, EventPage, Position, Receipt, SessionRef, SessionView } from '../contracts/index.ts';
import type { Archive } from '../archive/index.ts';
import type { SessionLog, SessionSource } from '../log/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Attachment, Delivery, Watcher } from './delivery.ts';
import { Follower } from './follower.ts';
import { load, snapshotOf, viewOf } from './load.ts';
import type { Sources } from './load.ts';
import { readPage } from './page.ts';
import { Recoveries } from './recoveries.ts';

export interface DeliveryDeps {
  readonly log: SessionLog;
  readonly source: SessionSource;
  readonly archive: Archive;
  readonly logger?: Pick<Logger, 'warn'>;
}

/** After a lost connection positions are compared this soon, ms: the sessions of one connection come back together. */
const DOUBT_MS = 20;

export function createDelivery(deps: DeliveryDeps): Delivery {
  return new DeliveryService(deps);
}

class DeliveryService implements Delivery {
  readonly #sources: Sources;
  readonly #logger: Pick<Logger, 'warn'> | undefined;
  readonly #followers = new Map<string, Follower>();
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  #comparing = false;

  constructor({ log, source, archive, logger }: DeliveryDeps) {
    this.#sources = { log, source, archive, recoveries: new Recoveries(log, source) };
    this.#logger = logger;
    this.#timer = setInterval(() => void this.#compare(), LIMITS.positionCheckMs).unref();
  }

  attach(ref: SessionRef, watcher: Watcher, cursor?: Cursor): Promise<Attachment> {
    return this.#follow(ref).attach(watcher, cursor);
  }

  async snapshot(ref: SessionRef): Promise<SessionView> {
    const view = await this.#followed(ref);
    return snapshotOf(view ?? (await load(this.#sources, ref)).view);
  }

  page(ref: SessionRef, after: Position | number, limit: number): Promise<EventPage> {
    return readPage(this.#sources, ref, { after, limit });
  }

  async receipt(ref: SessionRef, messageId: string): Promise<Receipt | null> {
    const followed = await this.#followed(ref);
    if (followed) return receiptOf(followed, messageId);
    const { log, source } = this.#sources;
    // A log that is lost is not built for this: the workflow answers the same question.
    const slice = await log.read(ref, { limit: LIMITS.replayEvents });
    return slice && receiptOf((await viewOf(source, ref, slice)).view, messageId);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    const followers = [...this.#followers.values()];
    this.#followers.clear();
    await Promise.all(followers.map((follower) => follower.stop()));
  }

  async #followed(ref: SessionRef): Promise<SessionView | null> {
    const follower = this.#followers.get(sessionKey(ref));
    if (!follower) return null;
    await follower.started;
    return follower.view;
  }

  /** The follower of a session; whoever asks while it starts gets the same. */
  #follow(ref: SessionRef): Follower {
    const key = sessionKey(ref);
    const found = this.#followers.get(key);
    if (found) return found;
    const { tenant, session } = ref;
    const forget = (): void => {
      if (this.#followers.get(key) === follower) this.#followers.delete(key);
    };
    const follower = new Follower({ tenant, session }, this.#sources, {
      idle: () => {
        forget();
        void follower.stop();
      },
      doubt: () => this.#compareIn(DOUBT_MS),
      failed: (error) => {
        if (this.#followers.get(key) !== follower) return;
        this.#logger?.warn({ err: error, tenant, session }, 'The session log cannot be read; trying again');
      },
    });
    this.#followers.set(key, follower);
    follower.started.catch(forget);
    return follower;
  }

  #compareIn(ms: number): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (this.#comparing) this.#compareIn(ms);
      else void this.#compare();
    }, ms).unref();
  }

  /** One round trip for all sessions that are followed. */
  async #compare(): Promise<void> {
    if (this.#comparing) return;
    this.#comparing = true;
    const asked = [...this.#followers.values()].flatMap((follower) =>
      follower.position ? [{ follower, before: follower.position }] : [],
    );
    try {
      const heads = await this.#sources.log.heads(asked.map(({ follower }) => follower.ref));
      for (const [index, { follower, before }] of asked.entries()) {
        follower.compare(heads[index] ?? null, before);
      }
    } catch {
      // Redis is away; what was missed is found when it is back.
      if (this.#followers.size > 0) this.#compareIn(LIMITS.followRetryMs);
    } finally {
      this.#comparing = false;
    }
  }
}
