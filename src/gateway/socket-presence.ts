/** What one socket has asked of presence, by session: to be present there, and to be told who is. */
import { ConvokeError } from '../contracts/index.ts';
import type { PresenceNote, PresenceReply, SessionRef } from '../contracts/index.ts';
import type { Presence } from '../deliver/index.ts';
import type { Arrival } from '../ingest/index.ts';

interface Asked {
  readonly ref: SessionRef;
  /** Resolves with a function that ends it. */
  readonly hearing: Promise<() => void>;
  joined: boolean;
  /** A call has succeeded: one that fails later leaves it as it is. */
  granted: boolean;
}

export class SocketPresence {
  readonly #presence: Presence;
  readonly #connection: string;
  readonly #tell: (note: PresenceNote & { readonly session: string }) => void;
  readonly #asked = new Map<string, Asked>();

  /** `connection`: of the socket. */
  constructor(
    presence: Presence,
    connection: string,
    tell: (note: PresenceNote & { readonly session: string }) => void,
  ) {
    this.#presence = presence;
    this.#connection = connection;
    this.#tell = tell;
  }

  hears(session: string): boolean {
    return this.#asked.has(session);
  }

  /** Called again, it changes what is told of the connection; a join that is refused leaves what was. Throws `presence_full`, and what delivery throws. */
  async ask({ ref, member }: Arrival): Promise<PresenceReply> {
    const { session } = ref;
    const asked = this.#asked.get(session) ?? this.#hear(ref);
    try {
      await asked.hearing;
      const connection = this.#connection;
      if (member) await this.#presence.join(ref, { ...member, connection });
      else if (asked.joined) this.#presence.leave(ref, connection);
      asked.joined = member !== undefined;
      if (this.#asked.get(session) !== asked) {
        this.#presence.leave(ref, connection);
        throw new ConvokeError('invalid_request', 'The session is not followed any more.');
      }
      const you = member && { subject: member.subject, connection };
      const list = await this.#presence.list(ref);
      asked.granted = true;
      return { ...list, ...(you && { you }) };
    } catch (error) {
      if (!asked.joined && !asked.granted) this.leave(session);
      throw error;
    }
  }

  leave(session: string): void {
    const asked = this.#asked.get(session);
    if (!asked) return;
    this.#asked.delete(session);
    this.#presence.leave(asked.ref, this.#connection);
    asked.hearing.then(
      (stop) => stop(),
      () => undefined, // whoever has asked is told
    );
  }

  #hear(ref: SessionRef): Asked {
    const asked = { ref, hearing: this.#presence.hear(ref, this.#tell), joined: false, granted: false };
    asked.hearing.catch(() => undefined);
    this.#asked.set(ref.session, asked);
    return asked;
  }
}
