/** The outgoing buffer of one connection, in bytes, and how much of it is snapshots. */
import { LIMITS } from '../contracts/index.ts';

/**
 * A snapshot may be almost as large as a socket's whole buffer, and a socket that is subscribed to several sessions may get several at once.
 * They have a limit of their own; otherwise a client on a slow link would be cut off, come back for the same snapshots, and be cut off again.
 */
export class Outgoing {
  /** Everything ever handed over for sending. */
  #handed = 0;
  /** The byte ranges of snapshots that may not have left yet, oldest first. */
  #snapshots: { readonly from: number; readonly to: number }[] = [];
  #marking = false;

  /** Bytes that were ever handed over. */
  get handed(): number {
    return this.#handed;
  }

  add(bytes: number): void {
    const from = this.#handed;
    this.#handed += bytes;
    if (this.#marking) this.#snapshots.push({ from, to: this.#handed });
  }

  /** Runs `send` and counts what it hands over as a snapshot. */
  snapshot(send: () => void): void {
    this.#marking = true;
    try {
      send();
    } finally {
      this.#marking = false;
    }
  }

  /** How many of the `waiting` bytes count against `LIMITS.socketBytes`: all but snapshots up to `LIMITS.socketSnapshotBytes`. */
  counted(waiting: number): number {
    const sent = this.#handed - waiting;
    this.#snapshots = this.#snapshots.filter(({ to }) => to > sent);
    const held = this.#snapshots.reduce((sum, { from, to }) => sum + to - Math.max(from, sent), 0);
    return waiting - Math.min(held, LIMITS.socketSnapshotBytes);
  }
}
