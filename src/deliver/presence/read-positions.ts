/** How far people have read: collected, and written together, so that not every event that is read costs a call. */
import { ConvokeError, LIMITS, sessionKey } from '../../contracts/index.ts';
import type { SessionRef } from '../../contracts/index.ts';
import type { PresenceRows } from '../../log/index.ts';

interface Waiting {
  readonly ref: SessionRef;
  readonly reads: Map<string, number>;
}

export class ReadPositions {
  readonly #rows: Pick<PresenceRows, 'advance'>;
  #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(rows: Pick<PresenceRows, 'advance'>) {
    this.#rows = rows;
  }

  /** Writes it soon, unless it is behind what is there. Throws `overloaded` while Redis is away and as much waits as can. */
  advance(ref: SessionRef, subject: string, seq: number): void {
    const key = sessionKey(ref);
    const waiting = this.#waiting.get(key) ?? { ref, reads: new Map<string, number>() };
    const isFull = this.#waiting.size >= LIMITS.readSessions || waiting.reads.size >= LIMITS.reads;
    if (isFull && !waiting.reads.has(subject)) throw new ConvokeError('overloaded');
    waiting.reads.set(subject, Math.max(waiting.reads.get(subject) ?? 0, seq));
    this.#waiting.set(key, waiting);
    this.#timer ??= setTimeout(() => void this.flush(), LIMITS.readsEveryMs).unref();
  }

  /** Writes what waits; what cannot be written waits on. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#waiting.values()];
    this.#waiting = new Map();
    await Promise.all(all.map((each) => this.#write(each)));
  }

  async #write({ ref, reads }: Waiting): Promise<void> {
    try {
      await this.#rows.advance(ref, reads);
    } catch {
      for (const [subject, seq] of reads) {
        try {
          this.advance(ref, subject, seq);
        } catch {
          return; // no room: people who read on state them again
        }
      }
    }
  }
}
