/** Which gateways run: members of one that has crashed are present no longer, although nobody has taken them out of the list. */
import type { PresentMember, SessionRef } from '../../contracts/index.ts';
import type { PresenceRows, PresentList } from '../../log/index.ts';

/** How the gateways stood. */
export interface Look {
  readonly alive: ReadonlySet<string>;
  /** When that was asked, ms of `performance.now()`. */
  readonly askedAt: number;
  /** The others have taken this gateway to be gone. */
  readonly lapsed: boolean;
}

/** The lease of this gateway, one for all of its members. */
export interface Lease {
  /** Of this gateway, as others know it. */
  readonly id: string;
  /** Asks now; from the first call on the lease is renewed. Throws `log_unavailable`. */
  look(): Promise<Look>;
  /** Tells of every look. */
  onLook(tell: (look: Look) => void): void;
}

export class Alive {
  readonly #lease: Lease;
  readonly #rows: PresenceRows;
  #last: ReadonlySet<string> = new Set();

  constructor(lease: Lease, rows: PresenceRows) {
    this.#lease = lease;
    this.#rows = rows;
    lease.onLook(({ alive }) => {
      this.#last = alive;
    });
  }

  /** Resolves once this gateway has a lease. Throws `log_unavailable`. */
  async hold(): Promise<void> {
    if (this.#last.size === 0) await this.#lease.look();
  }

  /** The list of a session without the members of gateways that are gone; these are taken out of it. Throws `log_unavailable`. */
  async read(ref: SessionRef): Promise<PresentList> {
    const { revision, members } = await this.#rows.read(ref);
    // One that is not known may have come a moment ago.
    if (members.some(({ gateway }) => !this.#last.has(gateway))) await this.#lease.look();
    const isAlive = ({ gateway }: PresentMember): boolean => this.#last.has(gateway);
    const gone = members.filter((member) => !isAlive(member));
    if (gone.length > 0) await this.#rows.forget(ref, revision, gone);
    return { revision, members: members.filter(isAlive) };
  }
}
