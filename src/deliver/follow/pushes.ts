/** What a gateway remembers of delivery in one session, for timelines. Nothing is kept for a watcher and an event: whoever watches gets an event at once. */
import { LIMITS } from '../../contracts/index.ts';
import type { GatewayTrace } from '../../contracts/index.ts';
import type { Watcher } from '../delivery.ts';

export type Pushed = Omit<GatewayTrace, 'gateway' | 'acceptedAt'>;

interface Joining {
  readonly watcher: Watcher;
  readonly got: number;
  readonly had?: number | undefined;
}

/** Not of the watcher itself: it is remembered when that is gone. */
interface Stay {
  readonly connection: Watcher['connection'] | undefined;
  readonly subject: string | undefined;
  /** ms since the Unix epoch. */
  readonly since: number;
  until?: number;
  /** It got all up to this `seq` with its subscription, and its client said that it had all up to the other one. */
  readonly got: number;
  readonly had: number;
}

export class Pushes {
  /** When the newest events were sent, ms since the Unix epoch: the first is that of `#first`. */
  #first = 0;
  #at: number[] = [];
  readonly #here = new Set<Stay>();
  #left: Stay[] = [];

  /** An event, if there is one, was sent to all that watch. */
  sent(seq: number | undefined): void {
    if (seq === undefined) return;
    if (seq !== this.#first + this.#at.length) {
      this.#first = seq;
      this.#at = [];
    }
    this.#at.push(Date.now());
    if (this.#at.length <= LIMITS.pushesKept) return;
    this.#at.shift();
    this.#first += 1;
  }

  /** How many of the newest events were sent after this moment. */
  sentAfter(at: number): number {
    return this.#at.length - (this.#at.findLastIndex((each) => each <= at) + 1);
  }

  /** `leave`: ends the stay. Returns a function that does that, and notes it. */
  joins({ watcher, got, had = 0 }: Joining, leave: () => void): () => void {
    const { connection, subject } = watcher;
    const stay: Stay = { connection, subject, since: Date.now(), got, had };
    this.#here.add(stay);
    return () => {
      leave();
      if (!this.#here.delete(stay) || !connection) return;
      stay.until = Date.now();
      this.#left = [...this.#left, stay].slice(-LIMITS.leftKept);
    };
  }

  /** The session is no more. */
  clear(): void {
    this.#at = [];
    this.#first = 0;
    this.#left = [];
  }

  /** Of the event with this `seq`. */
  of(seq: number): Pushed {
    const pushedAt = this.#at[seq - this.#first];
    const told = [...this.#left, ...this.#here].flatMap((stay) => tracedOf(stay, seq, pushedAt));
    const connections = told.slice(-LIMITS.tracedConnections);
    const more = told.length - connections.length;
    return { ...(pushedAt !== undefined && { pushedAt }), connections, ...(more > 0 && { more }) };
  }
}

function tracedOf(
  { connection, subject, since, until, got, had }: Stay,
  seq: number,
  pushedAt: number | undefined,
): Pushed['connections'] {
  const saw = pushedAt !== undefined && since <= pushedAt && (until === undefined || until >= pushedAt);
  if (!connection || !(saw || got >= seq)) return [];
  const acknowledgedAt = had >= seq ? since : connection.acknowledged?.at(seq);
  return [
    {
      ...{ id: connection.id, kind: connection.kind, since },
      ...(subject !== undefined && { subject }),
      ...(until !== undefined && { until }),
      ...(acknowledgedAt !== undefined && { acknowledgedAt }),
    },
  ];
}
