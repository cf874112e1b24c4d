/**
 * Who is present in a session, who types, and how far each has read: `presenceOf(session)`. An entry of its own (`@convoke/client/presence`), so
 * that a page that does not show it does not load it. Nothing of it is in the log, or in the view.
 */
import { applyPresence, CLIENT_LIMITS } from '../contracts/public.ts';
import type {
  Note,
  PresenceReply,
  PresenceRequest,
  SessionView,
  SocketRequests,
} from '../contracts/public.ts';
import type { Beside, BesideRequest } from './beside.ts';
import { Emitter } from './emitter.ts';
import type { Unsubscribe } from './emitter.ts';
import type { SessionEvents } from './session-events.ts';
import { clock } from './timing.ts';

const NOBODY: PresenceReply = { present: [], count: 0, reads: {} };

/** A `Session`, as far as it is needed here. */
export interface Attended {
  readonly view: SessionView | null;
  on<K extends keyof SessionEvents>(name: K, listener: (value: SessionEvents[K]) => void): Unsubscribe;
  ready(): Promise<SessionView>;
  tell<N extends BesideRequest>(name: N, what: Beside<N>): Promise<SocketRequests[N]['reply']>;
}

export class Presence {
  readonly #session: Attended;
  readonly #emitter = new Emitter<{ change: Presence }>();
  readonly #typing = new Map<string, ReturnType<typeof setTimeout>>();
  #list = NOBODY;
  /** Null: nobody has asked yet. */
  #asked: PresenceRequest | null = null;
  /** What has been told. */
  #readTo = 0;
  /** When the others are told again that somebody types here, ms of `clock()`. */
  #typesAgainAt = 0;

  constructor(session: Attended) {
    this.#session = session;
    session.on('note', (note) => this.#note(note));
    session.on('status', ({ state }) => {
      if (state === 'live' && this.#asked) this.#ask().catch(() => undefined); // it is asked again when live again
      if (state === 'failed' || state === 'left') this.#take(NOBODY);
    });
    session.on('event', (event) => {
      if (event.type === 'message.accepted') this.#type(event.data.from ?? '', false);
    });
  }

  /**
   * `present`: everybody once, with all connections, those who came first in front, at most the first 200 connections; `count`: people in all;
   * `reads`: the `seq` of the last event that each has seen, by subject; `you`: who has joined here.
   */
  get list(): PresenceReply {
    return this.#list;
  }

  /** Subjects of others who type. */
  get typing(): readonly string[] {
    return [...this.#typing.keys()];
  }

  /** Something of it has changed. */
  on(name: 'change', listener: (presence: Presence) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /**
   * Is present from now on, also after a reconnect; call it again to change `device` or `state`. With `observe` it is told who is, and is not
   * present itself. Throws `presence_full`, `forbidden`, `offline`, and `invalid_request`: with an API key say `from`.
   */
  async join(request: PresenceRequest = {}): Promise<void> {
    this.#asked = request;
    await this.#session.ready();
    await this.#ask();
  }

  /** Tells the others that somebody types here: call it at each key. It is over after 6 s, with `false`, and with the message. */
  type(on = true): void {
    const now = clock();
    if (on && now < this.#typesAgainAt) return;
    this.#typesAgainAt = on ? now + CLIENT_LIMITS.typingEveryMs : 0;
    this.#tell('typing', { on });
  }

  /** Tells the others, and one's own other devices, how far somebody has read here; without `seq` all that is known here. */
  read(seq: number = this.#session.view?.position.seq ?? 0): void {
    const { reads, you } = this.#list;
    if (seq <= Math.max(this.#readTo, (you && reads[you.subject]) ?? 0)) return;
    this.#readTo = seq;
    this.#tell('read', { seq });
  }

  async #ask(): Promise<void> {
    this.#take(await this.#session.tell('presence', this.#asked ?? {}));
  }

  #take(list: PresenceReply): void {
    this.#list = list;
    this.#changed();
  }

  /** It may be lost: who goes on says it again. */
  #tell<N extends 'typing' | 'read'>(name: N, what: Beside<N>): void {
    const from = this.#asked?.from;
    this.#session.tell(name, { ...what, ...(from && { from }) }).catch(() => undefined);
  }

  #note(note: Note): void {
    const list = this.#list;
    if (note.kind === 'published') return;
    if (note.kind === 'typing') this.#type(note.subject, note.on);
    else if (note.kind === 'read') this.#take({ ...list, reads: { ...list.reads, ...note.reads } });
    else this.#take({ ...list, present: applyPresence(list.present, note), count: note.count });
  }

  #type(subject: string, on: boolean): void {
    clearTimeout(this.#typing.get(subject));
    const was = this.#typing.delete(subject);
    if (on && subject !== this.#list.you?.subject) {
      const over = (): void => this.#type(subject, false);
      this.#typing.set(subject, setTimeout(over, CLIENT_LIMITS.typingMs));
    }
    if (on !== was) this.#changed();
  }

  #changed(): void {
    this.#emitter.emit('change', this);
  }
}

/** One for each session is enough; it lasts as long as the session is followed. */
export function presenceOf(session: Attended): Presence {
  return new Presence(session);
}
