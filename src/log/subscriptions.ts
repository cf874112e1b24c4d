/** Who hears which session. One sharded subscription for each session, whatever the number of listeners. */
import { LIMITS, noteOf, type Delta, type LoggedEvent, type SessionRef } from '../contracts/index.ts';
import type { Channels } from './channels.ts';
import { isSealed, type Cover } from './cover.ts';
import type { LogListener } from './log.ts';
import { logKeys } from './keys.ts';
import { loggedEvent } from './replies.ts';

export interface Subscriptions {
  add(ref: SessionRef, listener: LogListener): Promise<() => Promise<void>>;
}

type Tell = (listener: LogListener) => void;

/** One call of `add`; the same listener may be given twice. */
interface Subscription {
  readonly listener: LogListener;
}

const EVENT = /^E (\d+) (\d+) (.*)$/s;
const DELTA = /^([DTdt]) (\d+) (\S+) (\d+) (\d+) (.*)$/s;
const NOTE = /^([Nn]) (.*)$/s;
const EPOCH = /^R (\d+)$/;

/**
 * What a notice tells listeners: `E epoch seq json`, `D epoch step attempt offset text`, `T …` the same of its
 * reasoning, `N json` a note, `R epoch`; `d`, `t` and `n` are sealed. Anybody who can publish on the channel can write
 * anything: null for what does not parse, or cannot be opened; the position check finds what was missed.
 */
function parse(ref: SessionRef, message: string, cover: Cover): Tell | null | Promise<Tell | null> {
  const event = EVENT.exec(message);
  if (event) {
    const [, epoch, seq, json = ''] = event;
    const tellOf = (logged: LoggedEvent): Tell => {
      return (listener) => listener.event(Number(epoch), logged);
    };
    try {
      const logged = loggedEvent(Number(seq), json);
      return isSealed(logged) ? opened(cover.openEvent(ref, logged), tellOf) : tellOf(logged);
    } catch {
      return null;
    }
  }
  const delta = DELTA.exec(message);
  if (delta) return deltaTell(ref, delta, cover);
  const [, kind, json] = NOTE.exec(message) ?? [];
  if (json !== undefined) {
    const tellOf = (clear: string): Tell | null => {
      const note = noteOf(clear);
      const heard = note && { session: ref.session, ...note };
      return heard && ((listener) => listener.note?.(heard));
    };
    return kind === 'n' ? opened(cover.openNote(ref, json), tellOf) : tellOf(json);
  }
  const epoch = EPOCH.exec(message)?.[1];
  return epoch === undefined ? null : (listener) => listener.epoch(Number(epoch));
}

function deltaTell(
  ref: SessionRef,
  [, kind = '', epoch, step = '', attempt, offset, said = '']: RegExpExecArray,
  cover: Cover,
): Tell | Promise<Tell | null> {
  const part = kind.toUpperCase() === 'T' ? { part: 'reasoning' as const } : {};
  const place = { session: ref.session, step, attempt: Number(attempt), offset: Number(offset) };
  const tellOf = (text: string): Tell => {
    const delta: Delta = { ...place, text, ...part };
    return (listener) => listener.delta(Number(epoch), delta);
  };
  const isOpen = kind === kind.toUpperCase();
  return isOpen ? tellOf(said) : opened(cover.openText(ref, step, part.part ?? 'text', said), tellOf);
}

async function opened<T>(clear: Promise<T>, tellOf: (clear: T) => Tell | null): Promise<Tell | null> {
  try {
    return tellOf(await clear);
  } catch {
    return null;
  }
}

/** Those who hear a session, and what is still to be told them: a notice that must be opened first holds up those after it. */
class Audience {
  readonly ref: SessionRef;
  readonly members = new Set<Subscription>();
  readonly #waiting: (Tell | null | Promise<Tell | null>)[] = [];

  constructor(ref: SessionRef) {
    this.ref = ref;
  }

  hear(tell: Tell | null | Promise<Tell | null>): void {
    if (this.#waiting.length === 0 && !(tell instanceof Promise)) this.#tell(tell);
    // A key that cannot be read at the moment: followers find what they have missed.
    else if (this.#waiting.length < LIMITS.heldNotices && this.#waiting.push(tell) === 1) void this.#open();
  }

  async #open(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const tell = await this.#waiting[0];
        void this.#waiting.shift();
        this.#tell(tell ?? null);
      }
    } finally {
      if (this.#waiting.length > 0) void this.#open();
    }
  }

  #tell(tell: Tell | null): void {
    if (tell) for (const { listener } of this.members) tell(listener);
  }
}

export function createSubscriptions(heard: Channels, cover: Cover): Subscriptions {
  const channels = new Map<string, Audience>();

  heard.onMessage((channel, message) => {
    const audience = channels.get(channel);
    audience?.hear(parse(audience.ref, message.toString(), cover));
  });
  heard.onAgain((again) => {
    for (const channel of again) {
      for (const { listener } of channels.get(channel)?.members ?? []) listener.reconnected();
    }
  });

  return {
    async add(ref, listener) {
      const { channel } = logKeys(ref);
      const audience = channels.get(channel) ?? new Audience(ref);
      const own: Subscription = { listener };
      channels.set(channel, audience);
      audience.members.add(own);
      const remove = async (): Promise<void> => {
        audience.members.delete(own);
        if (audience.members.size > 0 || channels.get(channel) !== audience) return;
        channels.delete(channel);
        await heard.unsubscribe(channel);
      };
      try {
        await heard.subscribe(channel);
      } catch (error) {
        void remove(); // a silent server would let the caller wait twice
        throw error;
      }
      return remove;
    },
  };
}
