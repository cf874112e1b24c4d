/** What is told beside the log of a session, and who was removed from it and may not come back yet. */
import { ConvokeError } from '../../contracts/index.ts';
import type { HeardNote, KickNotice, SessionRef } from '../../contracts/index.ts';
import type { PresenceRows } from '../../log/index.ts';
import type { Watcher } from '../delivery.ts';
import type { Watchers } from './watchers.ts';

export class Notes {
  readonly #ref: SessionRef;
  readonly #watchers: Watchers;
  readonly #kicks: PresenceRows['kicks'] | undefined;
  /** By subject, until when, ms of `performance.now()`. */
  readonly #kickedUntil = new Map<string, number>();

  /** `kicks`: those who were removed before; absent: nobody. */
  constructor(ref: SessionRef, watchers: Watchers, kicks: PresenceRows['kicks'] | undefined) {
    this.#ref = ref;
    this.#watchers = watchers;
    this.#kicks = kicks;
  }

  /** Throws `log_unavailable`. */
  async start(): Promise<void> {
    const stored = (await this.#kicks?.(this.#ref)) ?? [];
    const { session } = this.#ref;
    for (const [subject, forMs] of stored) this.tell({ session, kind: 'kicked', subject, forMs });
  }

  /** A note that cannot be passed on is lost, as others may be: anybody who can publish can write one, and an exception would end the gateway. */
  tell(note: HeardNote): void {
    if (note.kind === 'kicked') this.#kick(note);
    const pass = (watcher: Watcher): void => {
      try {
        watcher.note?.(note);
      } catch {
        return;
      }
    };
    if (note.kind === 'present') this.#watchers.hint(pass);
    else this.#watchers.tell(pass);
  }

  /** Some may have been missed: a removal among them is told now. */
  missed(): void {
    this.#watchers.hint((watcher) => watcher.missed?.());
    this.start().catch(() => undefined); // while Redis is away; it is repeated with the next reconnect
  }

  /** Throws `kicked` for a subject that may not come back yet. */
  refuse(subject: string | undefined): void {
    const until = subject === undefined ? undefined : this.#kickedUntil.get(subject);
    const leftMs = until === undefined ? 0 : until - performance.now();
    if (leftMs > 0) throw new ConvokeError('kicked', `Come back in ${Math.ceil(leftMs / 1_000)} s.`);
  }

  #kick({ subject, forMs }: KickNotice): void {
    const now = performance.now();
    for (const [each, until] of this.#kickedUntil) if (until <= now) this.#kickedUntil.delete(each);
    if (forMs > 0) this.#kickedUntil.set(subject, Math.max(this.#kickedUntil.get(subject) ?? 0, now + forMs));
  }
}
