/**
 * Who is present in one session, for all on this gateway who want to know: read once, then kept up by notices, each with a revision. Whoever
 * hears is told the differences, also when a notice was missed and the list is read again.
 */
import { LIMITS, peopleOf } from '../../contracts/index.ts';
import type {
  HeardNote,
  PresenceNote,
  PresenceReply,
  PresentMember,
  PresentNotice,
  SessionRef,
} from '../../contracts/index.ts';
import { memberField } from '../../log/index.ts';
import type { PresenceRows } from '../../log/index.ts';
import type { Delivery, Watcher } from '../delivery.ts';
import type { Alive, Look } from './alive.ts';
import { replyOf } from './reply.ts';

export type Hear = (note: PresenceNote & { readonly session: string }) => void;

interface Held {
  readonly member: PresentMember;
  readonly json: string;
  /** ms of `performance.now()`. */
  readonly heardAt: number;
}

interface CrowdDeps {
  readonly rows: Pick<PresenceRows, 'reads'>;
  readonly alive: Alive;
  readonly delivery: Pick<Delivery, 'subscribe'>;
  /** Told of the list whenever it was read. */
  readonly onRead: (ref: SessionRef, members: readonly PresentMember[]) => void;
}

const ignore = (): void => undefined;

/** A gateway that was cut off states its members with its next look: read after that. */
const MISSED_MS = LIMITS.fleetEveryMs + 500;

export class Crowd implements Watcher {
  /** What the log tells is of no interest here. */
  readonly event = ignore;
  readonly delta = ignore;
  readonly reset = ignore;
  readonly end = ignore;
  /** Resolves once the list is there; if it rejects, this crowd is unusable. */
  readonly started: Promise<void>;
  readonly #ref: SessionRef;
  readonly #deps: CrowdDeps;
  readonly #members = new Map<string, Held>();
  readonly #reads = new Map<string, number>();
  readonly #hearers = new Set<{ readonly hear: Hear }>();
  /** What has changed since the hearers were told. */
  readonly #changed = new Map<string, PresentMember | { readonly gone: PresentMember }>();
  #revision = 0;
  /** Notices that wait while the list is read. */
  #waiting: PresentNotice[] | null = null;
  #tellTimer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #stopped = false;

  constructor(ref: SessionRef, deps: CrowdDeps) {
    this.#ref = ref;
    this.#deps = deps;
    this.started = this.#start();
    this.started.catch(() => undefined); // whoever asks gets the error
  }

  get size(): number {
    return this.#hearers.size;
  }

  /** As it is now: `hear` is told what changes afterwards. */
  hear(hear: Hear): () => void {
    const own = { hear };
    this.#hearers.add(own);
    return () => void this.#hearers.delete(own);
  }

  list(): PresenceReply {
    const members = [...this.#members.values()].map(({ member }) => member);
    return replyOf(members, Object.fromEntries(this.#reads));
  }

  hasRead(subject: string, seq: number): boolean {
    return (this.#reads.get(subject) ?? 0) >= seq;
  }

  /** A member of this gateway, before its notice comes. */
  put(member: PresentMember): void {
    const field = memberField(member);
    const json = JSON.stringify(member);
    if (this.#members.get(field)?.json === json) return;
    this.#members.set(field, { member, json, heardAt: performance.now() });
    this.#change(field, member);
  }

  /** Members of gateways that are gone are gone, too; one that was heard of later may be of a gateway that came later. */
  looked({ alive, askedAt }: Look): void {
    for (const [field, { member, heardAt }] of this.#members)
      if (heardAt < askedAt && !alive.has(member.gateway)) this.#remove(field);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#tellTimer);
    clearTimeout(this.#readTimer);
    this.#unsubscribe?.();
  }

  note(note: HeardNote): void {
    if (note.kind === 'read') this.#advance(note.reads);
    if (note.kind === 'present') this.#hearNotice(note);
  }

  missed(): void {
    this.#readIn(MISSED_MS * (1 + Math.random() / 2));
  }

  backlog(): { readonly bytes: number; readonly packets: number } {
    return { bytes: 0, packets: 0 };
  }

  async #start(): Promise<void> {
    const subscription = await this.#deps.delivery.subscribe(this.#ref, this);
    this.#unsubscribe = () => subscription.unsubscribe();
    try {
      await this.#read();
    } catch (error) {
      this.stop();
      throw error;
    }
    if (this.#stopped) subscription.unsubscribe();
  }

  #hearNotice(notice: PresentNotice): void {
    if (!this.#waiting) {
      if (!this.#take(notice)) this.#readIn(0);
      return;
    }
    // Too many: the next one shows that some were missed.
    if (this.#waiting.length >= LIMITS.heldNotices) this.#waiting.length = 0;
    this.#waiting.push(notice);
  }

  /** False if something before the notice was missed. */
  #take({ revision, field, member }: PresentNotice): boolean {
    if (revision <= this.#revision) return true;
    if (field === undefined || revision !== this.#revision + 1) return false;
    this.#revision = revision;
    if (member) this.put(member);
    else this.#remove(field);
    return true;
  }

  #readIn(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => {
      this.#read().catch(() => this.#readIn(LIMITS.fleetEveryMs));
    }, ms).unref();
  }

  async #read(): Promise<void> {
    if (this.#waiting) {
      this.#readIn(LIMITS.presenceBatchMs);
      return;
    }
    const waiting: PresentNotice[] = (this.#waiting = []);
    try {
      const [{ revision, members }, reads] = await Promise.all([
        this.#deps.alive.read(this.#ref),
        this.#deps.rows.reads(this.#ref),
      ]);
      this.#advance(reads);
      const fields = new Set(members.map(memberField));
      for (const field of this.#members.keys()) if (!fields.has(field)) this.#remove(field);
      for (const member of members) this.put(member);
      this.#revision = revision;
      this.#deps.onRead(this.#ref, members);
    } finally {
      this.#waiting = null;
    }
    if (!waiting.every((notice) => this.#take(notice))) this.#readIn(0);
  }

  #advance(reads: Readonly<Record<string, number>>): void {
    for (const [subject, seq] of Object.entries(reads))
      if (!this.hasRead(subject, seq)) this.#reads.set(subject, seq);
  }

  #remove(field: string): void {
    const held = this.#members.get(field);
    if (!held) return;
    this.#members.delete(field);
    this.#change(field, { gone: held.member });
  }

  #change(field: string, change: PresentMember | { readonly gone: PresentMember }): void {
    this.#changed.set(field, change);
    this.#tellTimer ??= setTimeout(() => this.#tell(), LIMITS.presenceBatchMs).unref();
  }

  #tell(): void {
    this.#tellTimer = undefined;
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    const here = changes.flatMap((change) => ('gone' in change ? [] : [change]));
    const gone = changes.flatMap((change) =>
      'gone' in change ? [{ subject: change.gone.subject, connection: change.gone.connection }] : [],
    );
    const count = peopleOf([...this.#members.values()].map(({ member }) => member)).length;
    const note = { session: this.#ref.session, kind: 'presence', here, gone, count } as const;
    for (const { hear } of this.#hearers) hear(note);
  }
}
