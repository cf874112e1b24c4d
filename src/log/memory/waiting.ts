import { LIMITS } from '../../contracts/index.ts';
import type { Admission, AdmitInput } from '../log.ts';

interface Counted {
  readonly bytes: number;
  /** Empty: that of any message. */
  digest: string;
  sends: number;
}

/** What waits in a session, as admission counts it. */
export class Waiting {
  readonly #messages = new Map<string, Counted>();

  admit({ messageId, bytes, digest = '', most = LIMITS.inboxMessages, share = 1 }: AdmitInput): Admission {
    const known = this.#messages.get(messageId);
    const all = [...this.#messages.values()];
    const isLoud =
      all.reduce((total, { sends }) => total + sends, 0) >= Math.ceil(LIMITS.signalsWaiting * share);
    if (known) {
      if (known.digest !== '' && known.digest !== digest) return { status: 'other' };
      if (known.sends >= LIMITS.messageSends || isLoud) return { status: 'again' };
      known.sends += 1;
      known.digest = digest;
      return { status: 'ok' };
    }
    const messages = this.#messages.size;
    const sum = all.reduce((total, each) => total + each.bytes, 0);
    const isFull =
      messages >= Math.ceil(most * share) || sum + bytes > Math.ceil(LIMITS.inboxBytes * share) || isLoud;
    if (isFull) return { status: 'full', messages, bytes: sum };
    this.count({ messageId, bytes, digest });
    return { status: 'ok' };
  }

  count({ messageId, bytes, digest = '' }: AdmitInput): void {
    this.#messages.set(messageId, { bytes, digest, sends: 1 });
  }

  release(messageIds: readonly string[]): void {
    for (const messageId of messageIds) this.#messages.delete(messageId);
  }
}
