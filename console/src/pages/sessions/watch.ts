/**
 * What is known of the sessions of the list: the newest open ones are followed live, of the others the snapshot is read once. Components read the
 * facts as one map, which changes a few times a second at most, however many tokens arrive.
 */
import type { Session } from '../../../../src/client/index.ts';
import type { SessionView } from '../../../../src/contracts/public.ts';
import type { Api } from '../../shared/api.ts';
import { factsOf } from './facts.ts';
import type { Facts } from './facts.ts';

/** How often the list changes by what is heard, ms. */
const TICK_MS = 250;
/** Snapshots that are read at the same time. */
const AT_ONCE = 4;

export type Known = ReadonlyMap<string, Facts>;

export class Watch {
  readonly #api: Api;
  readonly #readers = new Set<() => void>();
  readonly #dirty = new Map<string, SessionView>();
  readonly #asked = new Set<string>();
  readonly #queue: string[] = [];
  #reading = 0;
  #known: Known = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api) {
    this.#api = api;
  }

  readonly get = (): Known => this.#known;

  readonly subscribe = (reader: () => void): (() => void) => {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  };

  /** Takes what is heard of a session, until the returned function is called. */
  follow(session: Session): () => void {
    const take = (view: SessionView): void => this.#take(session.id, view);
    if (session.view) take(session.view);
    return session.on('view', take);
  }

  /** Reads the snapshots of those of which nothing is known yet. */
  read(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      this.#queue.push(id);
    }
    this.#next();
  }

  #next(): void {
    while (this.#reading < AT_ONCE) {
      const id = this.#queue.shift();
      if (id === undefined) return;
      this.#reading += 1;
      this.#api<SessionView>(`/v1/sessions/${id}`)
        .then((view) => this.#dirty.has(id) || this.#take(id, view, 0))
        .catch(() => undefined) // it is shown without; its own page tells why
        .finally(() => {
          this.#reading -= 1;
          this.#next();
        });
    }
  }

  #take(id: string, view: SessionView, delayMs = TICK_MS): void {
    this.#dirty.set(id, view);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tell(), delayMs);
  }

  #tell(): void {
    this.#timer = undefined;
    const known = new Map(this.#known);
    for (const [id, view] of this.#dirty) {
      known.set(id, factsOf(view, known.get(id), Date.now()));
    }
    this.#dirty.clear();
    this.#known = known;
    for (const reader of [...this.#readers]) reader();
  }
}
