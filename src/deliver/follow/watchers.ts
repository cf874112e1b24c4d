/** The watchers of one session, and the bound on each one's backlog. */
import { disclosedTo, LIMITS, STRANGER } from '../../contracts/index.ts';
import type { Delta, SessionEvent, SessionView } from '../../contracts/index.ts';
import { NO_METRICS, type Decisions, type Metrics } from '../../telemetry/index.ts';
import type { Watcher } from '../delivery.ts';
import type { Missed } from './replica.ts';

/** The one place where a watcher gets an event: as it may be told it. */
function tellEvent(watcher: Watcher, event: SessionEvent): void {
  watcher.event(disclosedTo(watcher.reader ?? STRANGER, event));
}

export function tellMissed(watcher: Watcher, { events, deltas }: Missed): void {
  for (const event of events) tellEvent(watcher, event);
  for (const delta of deltas) watcher.delta(delta);
}

/** Which session it is, and who asks how it is delivered. */
interface Told {
  readonly tenant: string;
  readonly session: string;
  readonly metrics?: Metrics | undefined;
  readonly logger?: Partial<Decisions> | undefined;
}

const NOBODY: Told = { tenant: '', session: '' };

/** One subscription; a watcher that subscribes twice has two of them. */
interface Place {
  readonly watcher: Watcher;
}

export class Watchers {
  readonly #places = new Set<Place>();
  readonly #emptied: () => void;
  readonly #told: Told;
  readonly #metrics: Metrics;

  /** `emptied` is called when the last watcher has been disconnected for being too slow. */
  constructor(emptied: () => void, told: Told = NOBODY) {
    this.#emptied = emptied;
    this.#told = told;
    this.#metrics = told.metrics ?? NO_METRICS;
  }

  get size(): number {
    return this.#places.size;
  }

  /** `how` it begins. Returns a function that removes the watcher. */
  add(watcher: Watcher, how: 'new' | 'resumed' | 'snapshot' = 'new'): () => void {
    this.#metrics.add('convoke_resumes_total', { kind: how });
    this.#tell(watcher, { how }, 'Subscribed');
    const place = { watcher };
    this.#places.add(place);
    return () => void this.#places.delete(place);
  }

  /** `isNew`: it was heard as it happened, and not read later. */
  event(event: SessionEvent, isNew: boolean): void {
    if (this.size === 0) return;
    this.#sent('event');
    if (isNew) {
      const stage = { stage: 'deliver', tenant: this.#told.tenant };
      this.#metrics.add('convoke_stage_total', { ...stage, outcome: 'ok' });
      this.#metrics.observe('convoke_stage_seconds', stage, (Date.now() - event.at) / 1000);
    }
    this.tell((watcher) => tellEvent(watcher, event));
  }

  delta(delta: Delta): void {
    if (this.size === 0) return;
    this.#sent('delta');
    this.tell((watcher) => watcher.delta(delta));
  }

  reset(snapshot: SessionView): void {
    this.#sent('snapshot');
    this.tell((watcher) => watcher.reset(snapshot));
  }

  /** What has brought the session up to its log. */
  filled(filled: 'log' | 'snapshot' | 'rebuilt'): void {
    this.#metrics.add('convoke_gaps_total', { filled });
  }

  #sent(kind: 'event' | 'delta' | 'snapshot'): void {
    this.#metrics.add('convoke_sent_total', { kind }, this.size);
  }

  tell(say: (watcher: Watcher) => void): void {
    for (const { watcher } of this.#places) say(watcher);
    this.check();
  }

  /** Tells what is sent to nobody as it is: what waits for each stays the same. */
  hint(say: (watcher: Watcher) => void): void {
    for (const { watcher } of this.#places) say(watcher);
  }

  /** Disconnects watchers that do not keep up; their clients reconnect and resume. */
  check(): void {
    for (const place of this.#places) {
      const { bytes, packets } = place.watcher.backlog();
      if (bytes <= LIMITS.socketBytes && packets <= LIMITS.socketPackets) continue;
      this.#places.delete(place);
      this.#metrics.add('convoke_slow_consumers_total', {});
      this.#tell(place.watcher, { code: 'slow_consumer' }, 'Subscription ended');
      place.watcher.end('slow_consumer');
      if (this.#places.size === 0) this.#emptied();
    }
  }

  clear(): void {
    this.#places.clear();
  }

  #tell({ connection, subject }: Watcher, what: object, message: string): void {
    const { tenant, session, logger } = this.#told;
    logger?.debug?.({ tenant, session, connection: connection?.id, subject, ...what }, message);
  }
}
