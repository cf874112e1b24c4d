/** Delivery: which sessions are followed, and one-off questions. */
import { ConvokeError, LIMITS, sessionKey, STRANGER } from '../contracts/index.ts';
import type { Cursor, EventPage, Position, Receipt, SessionRef, SessionView } from '../contracts/index.ts';
import type { Archive } from '../archive/index.ts';
import type { PresenceRows, SessionLog, SessionSource } from '../log/index.ts';
import { NO_METRICS, type Decisions, type Logger, type Metrics, type Spans } from '../telemetry/index.ts';
import type { Subscription, Delivery, DeliveryLoad, Watcher } from './delivery.ts';
import { busiestOf } from './follow/busiest.ts';
import { Follower } from './follow/follower.ts';
import type { Pushed, Pushes } from './follow/pushes.ts';
import { load, snapshotOf } from './read/load.ts';
import type { Sources } from './read/load.ts';
import { readStory } from './read/story.ts';
import type { MessageStory } from './read/story.ts';
import { readPage } from './read/page.ts';
import { Receipts } from './read/receipt.ts';
import type { AskWorkflow } from './read/receipt.ts';
import { Recoveries } from './read/recoveries.ts';

export interface DeliveryDeps {
  readonly log: SessionLog;
  readonly source: SessionSource;
  readonly archive: Archive;
  /** Who was removed from a session; absent: nobody. */
  readonly kicks?: PresenceRows['kicks'];
  /** Has there ever been such a session? */
  readonly exists: (ref: SessionRef) => Promise<boolean>;
  /** Was it erased? Absent: sessions are not erased. */
  readonly isErased?: (ref: SessionRef) => Promise<boolean>;
  /** Is it being erased, so that nothing of it is served any more? Absent: no session is. */
  readonly isErasing?: (ref: SessionRef) => boolean;
  /** Asks a session's workflow about a message. */
  readonly receipt: AskWorkflow;
  readonly logger?: Pick<Logger, 'warn'> & Partial<Decisions>;
  /** Absent: nothing is counted. */
  readonly metrics?: Metrics;
  /** Absent: nothing is recorded of the way of messages. */
  readonly spans?: Spans;
}

/** After a reconnect, positions are compared after this time, ms: all sessions of one connection come back together. */
const DOUBT_MS = 20;

export function createDelivery(deps: DeliveryDeps): Delivery {
  return new DeliveryService(deps);
}

class DeliveryService implements Delivery {
  readonly #sources: Sources;
  readonly #receipts: Receipts;
  readonly #logger: Pick<Logger, 'warn'> | undefined;
  readonly #isErasing: (ref: SessionRef) => boolean;
  readonly #followers = new Map<string, Follower>();
  /** Of the sessions that were followed last. */
  readonly #left = new Map<string, Pushes>();
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  #comparing = false;

  constructor({ receipt, logger, metrics = NO_METRICS, isErasing = () => false, ...deps }: DeliveryDeps) {
    const recoveries = new Recoveries(deps.log, deps.source);
    this.#sources = { ...deps, recoveries, metrics, logger };
    this.#receipts = new Receipts(this.#sources, (ref) => this.#followed(ref), receipt);
    this.#logger = logger;
    this.#isErasing = isErasing;
    this.#timer = setInterval(() => void this.#compare(), LIMITS.positionCheckMs).unref();
    metrics.read('convoke_followed_sessions', () => [[{}, this.#followers.size]]);
    metrics.read('convoke_watchers', () => [
      [{}, [...this.#followers.values()].reduce((sum, { watching }) => sum + watching, 0)],
    ]);
    recoveries.measure(metrics);
  }

  async subscribe(ref: SessionRef, watcher: Watcher, cursor?: Cursor): Promise<Subscription> {
    this.#refuseErasing(ref);
    const subscription = await this.#follow(ref).subscribe(watcher, cursor);
    // That began meanwhile.
    if (this.#isErasing(ref)) subscription.unsubscribe();
    this.#refuseErasing(ref);
    return subscription;
  }

  async snapshot(ref: SessionRef): Promise<SessionView> {
    this.#refuseErasing(ref);
    const view = await this.#followed(ref);
    return snapshotOf(view ?? (await load(this.#sources, ref)).view);
  }

  async page(
    ref: SessionRef,
    after: Position | number,
    limit: number,
    reader = STRANGER,
  ): Promise<EventPage> {
    this.#refuseErasing(ref);
    return readPage(this.#sources, ref, { after, limit, reader });
  }

  async story(ref: SessionRef, messageId: string): Promise<MessageStory | null> {
    this.#refuseErasing(ref);
    return readStory(this.#sources, ref, messageId);
  }

  pushed(ref: SessionRef, seq: number): Pushed | null {
    const key = sessionKey(ref);
    return (this.#followers.get(key)?.pushes ?? this.#left.get(key))?.of(seq) ?? null;
  }

  async receipt(ref: SessionRef, messageId: string, reader = STRANGER): Promise<Receipt> {
    this.#refuseErasing(ref);
    return this.#receipts.receipt(ref, messageId, reader);
  }

  endedTurns(ref: SessionRef): readonly string[] {
    const follower = this.#followers.get(sessionKey(ref));
    const turns = follower?.position ? follower.view.turns.slice(-2 * LIMITS.turnsBeside) : [];
    const asked = turns.some(({ beside }) => beside) ? turns : turns.slice(-1);
    return asked.filter(({ status }) => status !== 'running').map(({ turn }) => turn);
  }

  position(ref: SessionRef): Position | null {
    return this.#followers.get(sessionKey(ref))?.position ?? null;
  }

  agents(ref: SessionRef): readonly string[] | null {
    const follower = this.#followers.get(sessionKey(ref));
    return follower?.position ? follower.view.agents : null;
  }

  leaveErasing(): void {
    for (const follower of this.#followers.values()) if (this.#isErasing(follower.ref)) follower.erased();
  }

  load(): DeliveryLoad {
    const followers = [...this.#followers.values()];
    return { sessions: followers.length, busiest: busiestOf(followers, Date.now()) };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    const followers = [...this.#followers.values()];
    this.#followers.clear();
    await Promise.all(followers.map((follower) => follower.stop()));
  }

  #refuseErasing(ref: SessionRef): void {
    if (this.#isErasing(ref)) throw new ConvokeError('session_not_found');
  }

  async #followed(ref: SessionRef): Promise<SessionView | null> {
    const follower = this.#followers.get(sessionKey(ref));
    if (!follower) return null;
    await follower.started;
    return follower.view;
  }

  /** The follower of a session; callers share it, even while it starts. */
  #follow(ref: SessionRef): Follower {
    const key = sessionKey(ref);
    const found = this.#followers.get(key);
    if (found) return found;
    const { tenant, session } = ref;
    const forget = (): void => {
      if (this.#followers.get(key) === follower) this.#followers.delete(key);
    };
    const follower = new Follower(
      { tenant, session },
      this.#sources,
      {
        idle: () => {
          forget();
          this.#leave(key, follower.pushes);
          void follower.stop();
        },
        doubt: () => this.#compareIn(DOUBT_MS),
        failed: (error) => {
          if (this.#followers.get(key) !== follower) return;
          this.#logger?.warn({ err: error, tenant, session }, 'The session log cannot be read; retrying');
        },
      },
      this.#left.get(key),
    );
    this.#left.delete(key);
    this.#followers.set(key, follower);
    follower.started.catch(forget);
    return follower;
  }

  /** What is remembered of a session that nobody follows any more; the longest gone are forgotten. */
  #leave(key: string, pushes: Pushes): void {
    this.#left.set(key, pushes);
    const [oldest] = this.#left.keys();
    if (this.#left.size > LIMITS.pushedSessions && oldest !== undefined) this.#left.delete(oldest);
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
      // Redis is away; missed events are found once it is back.
      if (this.#followers.size > 0) this.#compareIn(LIMITS.followRetryMs);
    } finally {
      this.#comparing = false;
    }
  }
}
