/** The other end: the SDK's own fold, which knows what is missing, and a record of what came. */
import { Replica } from '../../src/client/replica.ts';
import type { Bye, Cursor, Delta, SessionEvent, SessionRef, SessionView } from '../../src/contracts/index.ts';
import type { Subscription, Delivery, Watcher } from '../../src/deliver/index.ts';

export class Client implements Watcher {
  readonly replica = new Replica();
  readonly ref: SessionRef;
  /** Every event that was applied, since the last snapshot. */
  events: SessionEvent[] = [];
  deltas: Delta[] = [];
  resets = 0;
  ended: Bye['code'] | null = null;
  /** Frames that showed that something was missing or sent twice. */
  readonly faults: string[] = [];
  waiting = { bytes: 0, packets: 0 };
  #subscription: Subscription | null = null;

  constructor(ref: SessionRef) {
    this.ref = ref;
  }

  get view(): SessionView {
    return this.replica.view!;
  }

  get seq(): number {
    return this.replica.view?.position.seq ?? 0;
  }

  /** Texts of the steps, newest last. */
  get texts(): string[] {
    return this.view.entries.flatMap((entry) => (entry.kind === 'step' ? [entry.text] : []));
  }

  async subscribe(
    delivery: Delivery,
    cursor: Cursor | undefined = this.replica.cursor,
  ): Promise<Subscription> {
    this.ended = null;
    this.#subscription = await delivery.subscribe(this.ref, this, cursor);
    const { snapshot } = this.#subscription;
    if (snapshot) this.#replace(snapshot);
    return this.#subscription;
  }

  leave(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = null;
  }

  event(event: SessionEvent): void {
    const outcome = this.replica.event(event);
    if (outcome === 'applied') this.events.push(event);
    else this.faults.push(`event ${event.epoch}:${event.seq} was ${outcome}`);
  }

  delta(delta: Delta): void {
    this.deltas.push(delta);
    const { outcome } = this.replica.delta(delta);
    if (outcome === 'behind') this.faults.push(`delta ${delta.step}@${delta.offset} was ${outcome}`);
  }

  reset(snapshot: SessionView): void {
    this.resets += 1;
    this.#replace(snapshot);
  }

  backlog(): { readonly bytes: number; readonly packets: number } {
    return this.waiting;
  }

  end(code: Bye['code']): void {
    this.ended = code;
  }

  #replace(snapshot: SessionView): void {
    this.events = [];
    this.replica.replace(snapshot);
  }
}
