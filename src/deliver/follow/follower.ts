/**
 * Follows one session for all its watchers on this gateway: one copy, one place at which everything is ordered.
 *
 * Invariants
 * 1. Every watcher that sits here has exactly what the copy holds: it sits down, and everybody is told, in the same tick as the copy changes.
 * 2. The copy goes forward one notice at a time, or is replaced and every watcher is reset.
 * 3. A notice is a hint. One that does not fit is held while the log is read; while Redis is away nothing is said and nobody is dropped.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ConvokeError, isAfter, LIMITS, openSteps } from '../../contracts/index.ts';
import type { Cursor, Delta, LoggedEvent, Position, SessionRef, SessionView } from '../../contracts/index.ts';
import type { LogListener } from '../../log/index.ts';
import { Replica } from './replica.ts';
import type { Attachment, Watcher } from '../delivery.ts';
import { Waiting } from './waiting.ts';
import type { Notice } from './waiting.ts';
import { load, snapshotOf } from '../read/load.ts';
import type { Sources } from '../read/load.ts';
import { Watchers } from './watchers.ts';

/** What a follower tells the one who keeps it. */
export interface FollowerEvents {
  /** Nobody has watched for `LIMITS.lingerMs`. */
  idle(): void;
  /** Notices may have been missed: compare positions soon. */
  doubt(): void;
  /** The log cannot be read; it is tried again. */
  failed(error: unknown): void;
}

/** True if `head` is a log of the epoch of `seen` that has lost events which were there. */
function lostTail(head: Position, seen: Position): boolean {
  return head.epoch === seen.epoch && head.seq < seen.seq;
}

export class Follower implements LogListener {
  readonly ref: SessionRef;
  /** Resolves once the copy is there; rejects if it could not be made, and then this follower is of no use. */
  readonly started: Promise<void>;
  readonly #sources: Sources;
  readonly #events: FollowerEvents;
  readonly #watchers = new Watchers(() => this.#leaveIfIdle());
  readonly #waiting = new Waiting();
  #made: Replica | null = null;
  /** True while notices must wait: the copy may be behind. */
  #holding = true;
  #passing: Promise<void> | null = null;
  #driving = false;
  #rest = new AbortController();
  /** Attaches under way. */
  #arriving = 0;
  #linger: NodeJS.Timeout | undefined;
  #unsubscribe: (() => Promise<void>) | undefined;
  #stopped = false;

  constructor(ref: SessionRef, sources: Sources, events: FollowerEvents) {
    this.ref = ref;
    this.#sources = sources;
    this.#events = events;
    this.started = this.#start();
    this.started.catch(() => undefined); // whoever attaches waits for it and hears the error
  }

  get view(): SessionView {
    return this.#replica.view;
  }

  /** Null until started. */
  get position(): Position | null {
    return this.#made?.position ?? null;
  }

  get #replica(): Replica {
    if (!this.#made) throw new Error('the follower has not started');
    return this.#made;
  }

  /** Lets a watcher sit down. See `Delivery.attach`. */
  async attach(watcher: Watcher, cursor?: Cursor): Promise<Attachment> {
    this.#arriving += 1;
    clearTimeout(this.#linger);
    try {
      await this.started;
      // Another gateway was faster to tell. Twice, because a pass under way may have read before that event was there.
      for (let pass = 0; pass < 2 && cursor && this.#isAhead(cursor); pass += 1) await this.#pass();
      if (this.#stopped) throw new ConvokeError('draining');
      return this.#seat(watcher, cursor);
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

  reconnected(): void {
    this.#rest.abort();
    // A running step may have said more, which moves no position.
    if (this.#made && openSteps(this.view).length > 0) this.#sync();
    this.#events.doubt();
  }

  /** Compares with the log's position; `before` is the follower's at the time of asking. */
  compare(head: Position | null, before: Position): void {
    const { epoch, seq } = this.#replica.position;
    if (before.epoch !== epoch) return;
    // The log of a closed session expires soon, and nothing more will be said: what is here is all there is.
    if (!head && this.view.status === 'closed') return;
    if (head?.epoch === epoch && head.seq <= seq && !lostTail(head, before)) return;
    this.#sync();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#linger);
    this.#rest.abort();
    this.#watchers.clear();
    await this.#unsubscribe?.();
  }

  async #start(): Promise<void> {
    const unsubscribe = await this.#sources.log.subscribe(this.ref, this);
    try {
      this.#made = new Replica(this.ref, await load(this.#sources, this.ref));
    } catch (error) {
      this.#stopped = true;
      await unsubscribe();
      throw error;
    }
    this.#unsubscribe = unsubscribe;
    if (this.#stopped) await unsubscribe();
    if (this.#drain()) this.#holding = false;
    else this.#sync();
  }

  #isAhead(cursor: Position): boolean {
    return isAfter(cursor, this.#replica.position);
  }

  /**
   * Without an await: the watcher has what the copy holds when it is added. A cursor that is ahead even now (the log lost what the client
   * has seen, or the cursor was made up) gets the snapshot: what is here is what there is.
   */
  #seat(watcher: Watcher, cursor?: Cursor): Attachment {
    const { position, view } = this.#replica;
    const missed = cursor ? this.#replica.since(cursor) : null;
    const leave = this.#watchers.add(watcher);
    const detach = (): void => {
      leave();
      this.#leaveIfIdle();
    };
    if (!missed) return { mode: 'snapshot', position, snapshot: snapshotOf(view), detach };
    for (const event of missed.events) watcher.event(event);
    for (const delta of missed.deltas) watcher.delta(delta);
    this.#watchers.check();
    return { mode: 'resume', position, detach };
  }

  #leaveIfIdle(): void {
    clearTimeout(this.#linger);
    if (this.#stopped || this.#watchers.size > 0 || this.#arriving > 0) return;
    this.#linger = setTimeout(() => this.#events.idle(), LIMITS.lingerMs).unref();
  }

  #hear(notice: Notice): void {
    if (this.#stopped || (!this.#holding && this.#take(notice, false))) return;
    this.#waiting.add(notice);
    if (!this.#holding) this.#sync();
  }

  /** False if something before the notice is missing. */
  #take(notice: Notice, final: boolean): boolean {
    const { fits, event, delta } = this.#replica.take(notice, final);
    if (event) this.#watchers.tell((watcher) => watcher.event(event));
    if (delta) this.#watchers.tell((watcher) => watcher.delta(delta));
    return fits;
  }

  #drain(): boolean {
    return this.#waiting.drain((notice, final) => this.#take(notice, final));
  }

  /** Catches up, however long it takes. */
  #sync(): void {
    this.#holding = true;
    if (this.#driving || this.#stopped) return;
    this.#driving = true;
    void this.#drive();
  }

  async #drive(): Promise<void> {
    for (let failures = 0; this.#holding && !this.#stopped; failures += 1) {
      try {
        await this.#pass();
      } catch (error) {
        if (failures === 0) this.#events.failed(error);
        const longest = Math.min(LIMITS.followRetryMs * 2 ** Math.min(failures, 16), LIMITS.positionCheckMs);
        await this.#pause(longest * (0.5 + Math.random() / 2));
      }
    }
    this.#driving = false;
  }

  /** Resolves after `ms`, earlier if Redis is back or the follower is stopped. */
  async #pause(ms: number): Promise<void> {
    this.#rest = new AbortController();
    const { signal } = this.#rest;
    await pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }

  /** Reads what is missing until every notice that was held fits. One at a time: who asks meanwhile waits for the same. */
  #pass(): Promise<void> {
    this.#holding = true;
    this.#passing ??= this.#catchUp().finally(() => {
      this.#passing = null;
      if (this.#holding) this.#sync();
    });
    return this.#passing;
  }

  async #catchUp(): Promise<void> {
    do await this.#fill();
    while (!this.#stopped && !this.#drain());
    this.#holding = false;
  }

  async #fill(): Promise<void> {
    const { epoch, seq } = this.#replica.position;
    const slice = await this.#sources.log.read(this.ref, { after: seq, limit: LIMITS.ringEvents });
    if (!slice || lostTail(slice.position, { epoch, seq })) return this.#recover({ epoch, seq });
    const goesOn = slice.position.epoch === epoch && slice.first <= seq + 1;
    if (!goesOn || slice.position.seq - seq > LIMITS.ringEvents) return this.#reload();
    if (this.#stopped) return;
    const { session } = this.ref;
    for (const event of slice.events) this.#take({ epoch, event }, true);
    for (const open of slice.open) this.#take({ epoch, delta: { session, ...open, offset: 0 } }, true);
  }

  async #recover(seen: Position): Promise<void> {
    await this.#pause(Math.random() * LIMITS.recoverSpreadMs);
    const [head] = await this.#sources.log.heads([this.ref]);
    if (!head || lostTail(head, seen)) await this.#sources.recoveries.recover(this.ref, seen);
    await this.#reload();
  }

  async #reload(): Promise<void> {
    this.#made = new Replica(this.ref, await load(this.#sources, this.ref));
    if (this.#stopped) return;
    const snapshot = snapshotOf(this.view);
    this.#watchers.tell((watcher) => watcher.reset(snapshot));
  }
}
