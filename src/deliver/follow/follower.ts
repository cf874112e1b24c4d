/**
 * Follows one session for all its watchers on this gateway: one replica, and one place that decides the order.
 *
 * Invariants
 * 1. Every watcher has exactly what the replica holds: it is added, and everybody is told, in the tick in which the replica changes.
 * 2. The replica advances one notice at a time, or is replaced and every watcher is reset.
 * 3. A notice is a hint. One that does not fit waits while the log is read. While Redis is away nothing is sent and nobody is dropped.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ConvokeError, deltasAfter, isAfter, LIMITS, openSteps } from '../../contracts/index.ts';
import type { Cursor, Delta, LoggedEvent, Position } from '../../contracts/index.ts';
import type { HeardNote, SessionRef, SessionView } from '../../contracts/index.ts';
import type { LogListener } from '../../log/index.ts';
import { Notes } from './notes.ts';
import { lostTail } from './phase.ts';
import type { Behind, FollowerEvents, Phase } from './phase.ts';
import { Pushes } from './pushes.ts';
import { Replica } from './replica.ts';
import type { Subscription, Watcher } from '../delivery.ts';
import { Waiting } from './waiting.ts';
import type { Notice } from './waiting.ts';
import { load, snapshotOf, wasErased } from '../read/load.ts';
import type { Sources } from '../read/load.ts';
import { tellMissed, Watchers } from './watchers.ts';
import { recordPush } from './way-out.ts';

export class Follower implements LogListener {
  readonly ref: SessionRef;
  readonly pushes: Pushes;
  /** Resolves once there is a replica; if it rejects, this follower is unusable. */
  readonly started: Promise<void>;
  readonly #sources: Sources;
  readonly #events: FollowerEvents;
  readonly #watchers: Watchers;
  readonly #waiting = new Waiting();
  readonly #notes: Notes;
  #phase: Phase = { is: 'starting' };
  #made: Replica | null = null;
  /** Subscriptions in progress. */
  #arriving = 0;
  #linger: NodeJS.Timeout | undefined;
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(ref: SessionRef, sources: Sources, events: FollowerEvents, pushes = new Pushes()) {
    this.pushes = pushes;
    this.ref = ref;
    this.#sources = sources;
    this.#events = events;
    this.#watchers = new Watchers(() => this.#leaveIfIdle(), { ...ref, ...sources });
    this.#notes = new Notes(ref, this.#watchers, sources.kicks);
    this.started = this.#start();
    this.started.catch(() => undefined); // whoever subscribes waits for it and gets the error
  }

  get view(): SessionView {
    return this.#replica.view;
  }

  /** How many watch. */
  get watching(): number {
    return this.#watchers.size;
  }

  /** Null until started. */
  get position(): Position | null {
    return this.#made?.position ?? null;
  }

  get #replica(): Replica {
    if (!this.#made) throw new Error('the follower has not started');
    return this.#made;
  }

  get #stopped(): boolean {
    return this.#phase.is === 'stopped';
  }

  /** Adds a watcher. See `Delivery.subscribe`. */
  async subscribe(watcher: Watcher, cursor?: Cursor): Promise<Subscription> {
    this.#arriving += 1;
    clearTimeout(this.#linger);
    try {
      await this.started;
      // Another gateway was faster. Twice, because a pass in progress may have read before that event was appended.
      for (let pass = 0; pass < 2 && cursor && isAfter(cursor, this.#replica.position); pass += 1)
        await this.#pass();
      if (this.#stopped) throw new ConvokeError('draining');
      this.#notes.refuse(watcher.subject);
      return this.#add(watcher, cursor);
    } finally {
      this.#arriving -= 1;
      this.#leaveIfIdle();
    }
  }

  event(epoch: number, event: LoggedEvent): void {
    this.#hear({ epoch, event });
  }

  delta(epoch: number, delta: Delta): void {
    this.#hear({ epoch, delta });
  }

  epoch(epoch: number): void {
    this.#hear({ epoch });
  }

  note(note: HeardNote): void {
    this.#notes.tell(note);
  }

  reconnected(): void {
    if (this.#phase.is === 'behind') this.#phase.rest.abort();
    // A running step may have produced more text, which does not change the position.
    if (this.#made && openSteps(this.view).length > 0) this.#fallBehind();
    this.#notes.missed();
    this.#events.doubt();
  }

  /** Compares with the log's position; `before` is the follower's position when the log was asked. */
  compare(head: Position | null, before: Position): void {
    const { epoch, seq } = this.#replica.position;
    if (before.epoch !== epoch) return;
    // The log of a closed session expires soon, and nothing more is coming: the replica is complete.
    if (!head && this.view.status === 'closed') return;
    if (head?.epoch === epoch && head.seq <= seq && !lostTail(head, before)) return;
    this.#fallBehind();
  }

  /** Whoever watches comes back, and is told that there is no such session. */
  erased(): void {
    this.pushes.clear();
    this.#watchers.tell((watcher) => watcher.end('draining'));
    this.#events.idle();
  }

  async stop(): Promise<void> {
    if (this.#phase.is === 'behind') this.#phase.rest.abort();
    this.#phase = { is: 'stopped' };
    clearTimeout(this.#linger);
    this.#watchers.clear();
    await this.#unsubscribe?.();
  }

  async #start(): Promise<void> {
    const unsubscribe = await this.#sources.log.subscribe(this.ref, this);
    try {
      const [loaded] = await Promise.all([load(this.#sources, this.ref), this.#notes.start()]);
      this.#made = new Replica(this.ref, loaded);
    } catch (error) {
      this.#phase = { is: 'stopped' };
      await unsubscribe();
      throw error;
    }
    this.#unsubscribe = unsubscribe;
    if (this.#stopped) await unsubscribe();
    else if (this.#drain()) this.#phase = { is: 'live' };
    else this.#fallBehind();
  }

  /**
   * Without an await: the watcher has what the replica holds when it is added. A cursor that is still ahead (the log lost what the
   * client has seen, or the cursor was made up) gets the snapshot.
   */
  #add(watcher: Watcher, cursor?: Cursor): Subscription {
    const { position, view } = this.#replica;
    const missed = cursor ? this.#replica.since(cursor) : null;
    const stay = { watcher, got: position.seq, had: missed ? cursor?.seq : 0 };
    const mode = missed ? 'resumed' : cursor ? 'snapshot' : 'new';
    const leave = this.pushes.joins(stay, this.#watchers.add(watcher, mode));
    const unsubscribe = (): void => {
      leave();
      this.#leaveIfIdle();
    };
    if (!missed) return { mode: 'snapshot', position, snapshot: snapshotOf(view), unsubscribe };
    tellMissed(watcher, missed);
    this.#watchers.check();
    return { mode: 'resume', position, unsubscribe };
  }

  #leaveIfIdle(): void {
    clearTimeout(this.#linger);
    if (this.#stopped || this.#watchers.size > 0 || this.#arriving > 0) return;
    this.#linger = setTimeout(() => this.#events.idle(), LIMITS.lingerMs).unref();
  }

  #hear(notice: Notice): void {
    const { is } = this.#phase;
    if (is === 'stopped' || (is === 'live' && this.#fits(notice))) return;
    this.#waiting.add(notice);
    if (is === 'live') this.#fallBehind();
  }

  /**
   * False also for an event that cannot be folded: anybody who can publish can send one. It waits, and the log, which is read then, says what is
   * true; an exception would end the gateway with all of its sessions.
   */
  #fits(notice: Notice): boolean {
    try {
      return this.#take(notice, false);
    } catch {
      return false;
    }
  }

  /** False if something before the notice is missing. */
  #take(notice: Notice, final: boolean): boolean {
    const { fits, event, delta } = this.#replica.take(notice, final);
    if (event) this.#watchers.event(event, !final);
    if (event && this.#sources.spans) recordPush(this.#sources.spans, event, this.watching);
    this.pushes.sent(event?.seq);
    if (delta) this.#watchers.delta(delta);
    return fits;
  }

  #drain(): boolean {
    return this.#waiting.drain((notice, final) => this.#take(notice, final));
  }

  /** From now on notices wait, and the log is read until the replica is up to date, however long that takes. */
  #fallBehind(): void {
    if (this.#phase.is === 'behind' || this.#phase.is === 'stopped') return;
    const behind: Behind = { is: 'behind', pass: null, rest: new AbortController() };
    this.#phase = behind;
    void this.#drive(behind);
  }

  async #drive(behind: Behind): Promise<void> {
    for (let failures = 0; this.#phase === behind; failures += 1) {
      try {
        await this.#pass();
      } catch (error) {
        if (await wasErased(this.#sources, this.ref, error)) {
          this.erased();
          return;
        }
        if (failures === 0) this.#events.failed(error);
        const longest = Math.min(LIMITS.followRetryMs * 2 ** Math.min(failures, 16), LIMITS.positionCheckMs);
        await this.#pause(behind, longest * (0.5 + Math.random() / 2));
      }
    }
  }

  /** Resolves after `ms`, earlier if Redis is back or the follower is stopped. */
  async #pause(behind: Behind, ms: number): Promise<void> {
    if (this.#stopped) return;
    behind.rest = new AbortController();
    await pause(ms, undefined, { signal: behind.rest.signal, ref: false }).catch(() => undefined);
  }

  /** Reads what is missing until every notice that waited fits. */
  async #pass(): Promise<void> {
    this.#fallBehind();
    const behind = this.#phase;
    if (behind.is !== 'behind') return;
    behind.pass ??= this.#catchUp(behind).finally(() => {
      behind.pass = null;
    });
    await behind.pass;
  }

  async #catchUp(behind: Behind): Promise<void> {
    do await this.#fill(behind);
    while (!this.#stopped && !this.#drain());
    if (!this.#stopped) this.#phase = { is: 'live' };
  }

  async #fill(behind: Behind): Promise<void> {
    const { epoch, seq } = this.#replica.position;
    const slice = await this.#sources.log.read(this.ref, { after: seq, limit: LIMITS.ringEvents });
    if (!slice || lostTail(slice.position, { epoch, seq })) return this.#recover(behind, { epoch, seq });
    // Somebody else has built it anew.
    if (slice.position.epoch !== epoch) return this.#reload('rebuilt');
    const goesOn = slice.first <= seq + 1;
    if (!goesOn || slice.position.seq - seq > LIMITS.ringEvents) return this.#reload('snapshot');
    if (this.#stopped) return;
    if (slice.position.seq > seq) this.#watchers.filled('log');
    const { session } = this.ref;
    for (const event of slice.events) this.#take({ epoch, event }, true);
    for (const delta of slice.open.flatMap((open) => deltasAfter(session, open)))
      this.#take({ epoch, delta }, true);
  }

  async #recover(behind: Behind, seen: Position): Promise<void> {
    await this.#pause(behind, Math.random() * LIMITS.recoverSpreadMs);
    const [head] = await this.#sources.log.heads([this.ref]);
    if (!head || lostTail(head, seen)) await this.#sources.recoveries.recover(this.ref, seen);
    await this.#reload('rebuilt');
  }

  async #reload(how: 'snapshot' | 'rebuilt'): Promise<void> {
    this.#watchers.filled(how);
    this.#made = new Replica(this.ref, await load(this.#sources, this.ref));
    if (this.#stopped) return;
    this.#watchers.reset(snapshotOf(this.view));
  }
}
