/**
 * Who is present in which session, over all gateways. Each connection that is present is one field of a hash of its session, which only its
 * gateway writes, when something changes; whether that gateway runs is told by one lease for all of them.
 */
import { ConvokeError, LIMITS, sessionKey } from '../../contracts/index.ts';
import type { PresenceReply, PresentMember, SessionRef } from '../../contracts/index.ts';
import type { PresenceRows } from '../../log/index.ts';
import type { Delivery } from '../delivery.ts';
import { Alive } from './alive.ts';
import type { Lease, Look } from './alive.ts';
import { Crowd } from './crowd.ts';
import type { Hear } from './crowd.ts';
import { ReadPositions } from './read-positions.ts';
import { replyOf } from './reply.ts';

export interface Presence {
  /**
   * Tells of changes of who is present, until the returned function is called. Changes of one moment come together, a little later. Throws what
   * `Delivery.subscribe` throws.
   */
  hear(ref: SessionRef, hear: Hear): Promise<() => void>;
  /** Who is present. Throws `log_unavailable`. */
  list(ref: SessionRef): Promise<PresenceReply>;
  /** A connection of this gateway is present; called again, with another device or state. Throws `presence_full`, `log_unavailable`. */
  join(ref: SessionRef, member: Omit<PresentMember, 'gateway' | 'since'>): Promise<void>;
  leave(ref: SessionRef, connection: string): void;
  /** Somebody has read up to `seq`; less than before changes nothing. Throws `overloaded`. */
  read(ref: SessionRef, subject: string, seq: number): void;
  /** Of a gateway that has no connections any more. */
  stop(): Promise<void>;
}

export interface PresenceDeps {
  readonly rows: PresenceRows;
  readonly lease: Lease;
  readonly delivery: Pick<Delivery, 'subscribe'>;
}

/** The members that this gateway has in a session. */
interface Own {
  readonly ref: SessionRef;
  readonly members: Map<string, PresentMember>;
}

export function createPresence(deps: PresenceDeps): Presence {
  return new PresenceService(deps);
}

class PresenceService implements Presence {
  readonly #rows: PresenceRows;
  readonly #deps: PresenceDeps & { readonly alive: Alive };
  readonly #reads: ReadPositions;
  readonly #crowds = new Map<string, Crowd>();
  readonly #own = new Map<string, Own>();
  /** Sessions of which Redis may not have what this gateway has; true: others may not, either. */
  readonly #doubtful = new Map<string, { readonly ref: SessionRef; readonly told: boolean }>();
  readonly #writing = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #stating = false;

  constructor(deps: PresenceDeps) {
    this.#rows = deps.rows;
    this.#deps = { ...deps, alive: new Alive(deps.lease, deps.rows) };
    this.#reads = new ReadPositions(deps.rows);
    deps.lease.onLook((look) => this.#looked(look));
    this.#timer = setInterval(() => this.#doubtAll(false), LIMITS.presenceStatedMs).unref();
  }

  async hear(ref: SessionRef, hear: Hear): Promise<() => void> {
    const key = sessionKey(ref);
    const crowd =
      this.#crowds.get(key) ?? new Crowd(ref, { ...this.#deps, onRead: (...list) => this.#compare(...list) });
    this.#crowds.set(key, crowd);
    const stop = crowd.hear(hear);
    const leave = (): void => {
      stop();
      if (crowd.size > 0) return;
      crowd.stop();
      if (this.#crowds.get(key) === crowd) this.#crowds.delete(key);
    };
    try {
      await crowd.started;
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  async list(ref: SessionRef): Promise<PresenceReply> {
    const crowd = this.#crowds.get(sessionKey(ref));
    if (crowd) {
      await crowd.started;
      return crowd.list();
    }
    const [{ members }, reads] = await Promise.all([this.#deps.alive.read(ref), this.#rows.reads(ref)]);
    return replyOf(members, reads);
  }

  async join(ref: SessionRef, given: Omit<PresentMember, 'gateway' | 'since'>): Promise<void> {
    // Whoever reads the list takes members of a gateway without a lease to be gone.
    await this.#deps.alive.hold();
    const key = sessionKey(ref);
    const own = this.#own.get(key) ?? { ref, members: new Map<string, PresentMember>() };
    this.#own.set(key, own);
    const { connection } = given;
    const before = own.members.get(connection);
    const since = before?.since ?? Date.now();
    const member = { ...given, gateway: this.#deps.lease.id, since };
    own.members.set(connection, member);
    try {
      if (!(await this.#put(ref, member))) throw new ConvokeError('presence_full');
    } catch (error) {
      // It may have been written.
      this.#doubtful.set(key, { ref, told: false });
      if (own.members.get(connection) === member) this.#forget(own, connection, before);
      throw error;
    }
    if (own.members.has(connection)) this.#crowds.get(key)?.put(member);
    else this.#remove(own, connection); // it left meanwhile
  }

  leave(ref: SessionRef, connection: string): void {
    const own = this.#own.get(sessionKey(ref));
    if (!own?.members.has(connection)) return;
    this.#forget(own, connection);
    this.#remove(own, connection);
  }

  read(ref: SessionRef, subject: string, seq: number): void {
    if (!this.#crowds.get(sessionKey(ref))?.hasRead(subject, seq)) this.#reads.advance(ref, subject, seq);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const crowd of this.#crowds.values()) crowd.stop();
    this.#crowds.clear();
    await Promise.all([...this.#writing, this.#reads.flush()]);
  }

  /** Tried again once those of crashed gateways have been taken out. */
  async #put(ref: SessionRef, member: PresentMember): Promise<boolean> {
    if (await this.#rows.put(ref, member)) return true;
    await this.#deps.alive.read(ref);
    return this.#rows.put(ref, member);
  }

  /** `before`: what it goes back to, if it was present. */
  #forget({ ref, members }: Own, connection: string, before?: PresentMember): void {
    if (before) members.set(connection, before);
    else members.delete(connection);
    if (members.size === 0) this.#own.delete(sessionKey(ref));
  }

  #remove({ ref }: Own, connection: string): void {
    const removing = this.#rows
      .remove(ref, { gateway: this.#deps.lease.id, connection })
      .catch(() => void this.#doubtful.set(sessionKey(ref), { ref, told: false }))
      .finally(() => this.#writing.delete(removing));
    this.#writing.add(removing);
  }

  #looked(look: Look): void {
    for (const crowd of this.#crowds.values()) crowd.looked(look);
    if (look.lapsed) this.#doubtAll(true);
    void this.#state();
  }

  /** A Redis that fell back may lack what was written last. */
  #compare(ref: SessionRef, members: readonly PresentMember[]): void {
    const own = this.#own.get(sessionKey(ref))?.members ?? new Map<string, PresentMember>();
    const listed = members.filter(({ gateway }) => gateway === this.#deps.lease.id);
    if (listed.length === own.size && listed.every(({ connection }) => own.has(connection))) return;
    this.#doubtful.set(sessionKey(ref), { ref, told: false });
    void this.#state();
  }

  #doubtAll(told: boolean): void {
    for (const [key, { ref }] of this.#own) this.#doubtful.set(key, { ref, told });
  }

  /** Redis answers: what it may lack it is told, one session after the other. */
  async #state(): Promise<void> {
    if (this.#stating) return;
    this.#stating = true;
    try {
      for (const [key, { ref, told }] of this.#doubtful) {
        this.#doubtful.delete(key);
        const members = [...(this.#own.get(key)?.members.values() ?? [])];
        await this.#rows.state(ref, this.#deps.lease.id, members, told).catch((error: unknown) => {
          this.#doubtful.set(key, { ref, told });
          throw error;
        });
      }
    } catch {
      // With the next look.
    } finally {
      this.#stating = false;
    }
  }
}
