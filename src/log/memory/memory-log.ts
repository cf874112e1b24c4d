/**
 * A session log in the memory of one process: for sessions in a test, which need no server. It keeps what the port promises, without an
 * expiry, and loses nothing but what `lose` takes.
 */
import {
  eventId,
  isAfter,
  LIMITS,
  type Delta,
  type EventDraft,
  type Position,
  type SessionNote,
  type SessionRef,
} from '../../contracts/index.ts';
import type {
  Admission,
  AdmitInput,
  AppendInput,
  Appended,
  BeginInput,
  Begun,
  CommitInput,
  DeltaReply,
  Ended,
  Fenced,
  Incomplete,
  LogListener,
  LogQuery,
  LogSlice,
  RebuildInput,
  SessionLog,
} from '../log.ts';
import { MemorySession } from './memory-session.ts';
import { Waiting } from './waiting.ts';

export class MemoryLog implements SessionLog {
  readonly #sessions: Map<string, MemorySession>;
  readonly #waiting: Map<string, Waiting>;
  readonly #listeners: Map<string, Set<{ readonly listener: LogListener }>>;
  readonly #maxBytes: number;

  /** `maxBytes`: kept for each session; default `LIMITS.logBytes`. `other`: a log whose sessions it shares. */
  constructor({ maxBytes = LIMITS.logBytes, other }: { maxBytes?: number; other?: MemoryLog } = {}) {
    this.#sessions = other ? other.#sessions : new Map<string, MemorySession>();
    this.#waiting = other ? other.#waiting : new Map<string, Waiting>();
    this.#listeners = other ? other.#listeners : new Map<string, Set<{ readonly listener: LogListener }>>();
    this.#maxBytes = maxBytes;
  }

  /** Forgets everything of a session, as a Redis does that was emptied. */
  lose(ref: SessionRef): void {
    this.#sessions.delete(keyOf(ref));
    this.#waiting.delete(keyOf(ref));
  }

  async begin(ref: SessionRef, input: BeginInput): Promise<Begun | Ended | Fenced | Incomplete> {
    const session = this.#complete(ref, input.known, input.lead);
    if (!(session instanceof MemorySession)) return session;
    const { step, turn, since } = input;
    const open = session.open.get(step);
    const isOlder = open !== undefined && open.attempt > 0 && input.order > 0 && input.order < open.order;
    if (isOlder) return { status: 'fenced', attempt: open.attempt };
    const end = eventId.stepEnded(step);
    const ends = session.stored(end, eventId.turnEnded(turn));
    const over = ends.length > 0;
    const { placed } = session.append(input.lead, { barred: over && !session.has(end) });
    const attempt = over ? 0 : session.attempt(input);
    this.#give(ref, input.release);
    session.trim(this.#maxBytes);
    const { position } = session;
    if (over) return { status: 'ended', position, placed, events: ends };
    const isSame = since.epoch === position.epoch;
    return {
      ...{ status: 'begun', position, attempt, placed },
      restarted: session.stored(eventId.stepRestarted(step, attempt))[0] ?? null,
      // What the log was created with; changes since are among its events.
      info: isSame ? null : session.created,
      fresh: session.after(isSame ? since.seq : 0),
    };
  }

  async delta(ref: SessionRef, delta: Omit<Delta, 'session'>): Promise<DeltaReply> {
    const session = this.#sessions.get(keyOf(ref));
    if (!session) return { status: 'lost' };
    const { step, attempt, offset, part } = delta;
    const open = session.open.get(step);
    if (!open || open.attempt < attempt) return { status: 'closed' };
    if (open.attempt > attempt) return { status: 'fenced', attempt: open.attempt };
    const field = part ?? 'text';
    const { length } = open[field];
    if (offset + delta.text.length <= length) return { status: 'ok' };
    if (offset !== length) return { status: 'offset', offset: length };
    const text = delta.text.toWellFormed();
    open[field] += text;
    this.#tell(ref, (listener) => listener.delta(session.epoch, { session: ref.session, ...delta, text }));
    return { status: 'ok' };
  }

  async commit(ref: SessionRef, input: CommitInput): ReturnType<SessionLog['commit']> {
    const { known, step, attempt, ends, closes } = input;
    const session = this.#complete(ref, known);
    if (!(session instanceof MemorySession)) return session;
    const ids = [eventId.stepEnded(step), eventId.turnEnded(ends[0]?.turn ?? '')] as const;
    const ended = (): Ended => ({ status: 'ended', position: session.position, placed: [], events: [] });
    if (session.has(ids[0])) return { ...ended(), events: session.ended(...ids, closes) };
    const open = session.open.get(step)?.attempt ?? 0;
    if (open < attempt) return { status: 'closed' };
    if (open > attempt) return { status: 'fenced', attempt: open };
    const { events } = session.append(ends, { closes });
    session.trim(this.#maxBytes);
    return { ...ended(), events };
  }

  async append(ref: SessionRef, input: AppendInput): Promise<Appended | Incomplete> {
    const { known, drafts, closes, release } = input;
    const session = this.#complete(ref, known, drafts);
    if (!(session instanceof MemorySession)) return session;
    const { placed, events } = session.append(drafts, { closes });
    this.#give(ref, release);
    session.trim(this.#maxBytes);
    return { status: 'ok', position: session.position, placed, events };
  }

  async read(ref: SessionRef, query: LogQuery): Promise<LogSlice | null> {
    return this.#sessions.get(keyOf(ref))?.slice(query) ?? null;
  }

  async rebuild(ref: SessionRef, input: RebuildInput): Promise<Position> {
    const { expected, events, info, started = [], waiting = [] } = input;
    const before = this.#sessions.get(keyOf(ref));
    if (before && isAfter(before.position, expected ?? { epoch: 0, seq: 0 })) return before.position;
    const epoch = Math.max(input.epoch, (expected?.epoch ?? 0) + 1, (before?.epoch ?? 0) + 1);
    const session = this.#create(ref, epoch, info);
    for (const event of events) session.restore(event);
    for (const draft of started) session.start(draft);
    for (const message of waiting) this.#inbox(ref).count(message);
    session.trim(this.#maxBytes);
    this.#tell(ref, (listener) => listener.epoch(epoch));
    return session.position;
  }

  async heads(refs: readonly SessionRef[]): Promise<readonly (Position | null)[]> {
    return refs.map((ref) => this.#sessions.get(keyOf(ref))?.position ?? null);
  }

  async tell(ref: SessionRef, note: SessionNote): Promise<void> {
    const heard = { session: ref.session, ...note };
    this.#tell(ref, (listener) => listener.note?.(heard));
  }

  async subscribe(ref: SessionRef, listener: LogListener): Promise<() => Promise<void>> {
    const key = keyOf(ref);
    const subscription = { listener };
    const all = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, all.add(subscription));
    return async () => {
      all.delete(subscription);
    };
  }

  async admit(ref: SessionRef, input: AdmitInput): Promise<Admission> {
    const session = this.#sessions.get(keyOf(ref));
    if (session?.has(eventId.message(input.messageId))) return { status: 'held' };
    const admission = this.#inbox(ref).admit(input);
    const isTold = session?.has(eventId.messageScheduled(input.messageId)) ?? false;
    return admission.status === 'ok' && isTold ? { status: 'told' } : admission;
  }

  async placeOf(ref: SessionRef, id: string): Promise<number | null> {
    return this.#sessions.get(keyOf(ref))?.stored(id)[0]?.seq ?? null;
  }

  async release(ref: SessionRef, messageIds: readonly string[]): Promise<void> {
    this.#give(ref, messageIds);
  }

  /** The session's log, if it is as far as its writer; created for whoever brings its first event. */
  #complete(
    ref: SessionRef,
    known: Position,
    drafts: readonly EventDraft[] = [],
  ): MemorySession | Incomplete {
    const session = this.#sessions.get(keyOf(ref));
    if (session) return isAfter(known, session.position) ? { status: 'behind' } : session;
    const created = drafts.find((draft) => draft.type === 'session.created');
    if (known.epoch !== 0 || created?.type !== 'session.created') return { status: 'lost' };
    return this.#create(ref, Date.now(), { ...created.data, createdAt: created.at });
  }

  #create(ref: SessionRef, epoch: number, info: LogSlice['info']): MemorySession {
    const session = new MemorySession(epoch, info, (hear) => this.#tell(ref, hear));
    this.#sessions.set(keyOf(ref), session);
    return session;
  }

  #inbox(ref: SessionRef): Waiting {
    const waiting = this.#waiting.get(keyOf(ref)) ?? new Waiting();
    this.#waiting.set(keyOf(ref), waiting);
    return waiting;
  }

  #give(ref: SessionRef, messageIds: readonly string[] = []): void {
    this.#waiting.get(keyOf(ref))?.release(messageIds);
  }

  #tell(ref: SessionRef, hear: (listener: LogListener) => void): void {
    for (const { listener } of this.#listeners.get(keyOf(ref)) ?? []) hear(listener);
  }
}

function keyOf({ tenant, session }: SessionRef): string {
  return `${tenant}:${session}`;
}
