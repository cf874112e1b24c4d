/** Who hears which session. One sharded subscription for each session, whatever the number of listeners. */
import { noteOf, type Delta, type SessionRef } from '../contracts/index.ts';
import type { Channels } from './channels.ts';
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
const DELTA = /^([DT]) (\d+) (\S+) (\d+) (\d+) (.*)$/s;
const NOTE = /^N (.*)$/s;
const EPOCH = /^R (\d+)$/;

/**
 * What a notice tells listeners: `E epoch seq json`, `D epoch step attempt offset text`, `T …` the same of its
 * reasoning, `N json` a note, `R epoch`. Anybody who can publish on the channel can write anything: null for what
 * does not parse; the position check finds what was missed.
 */
function parse(session: string, message: string): Tell | null {
  const event = EVENT.exec(message);
  if (event) {
    const [, epoch, seq, json = ''] = event;
    try {
      const logged = loggedEvent(Number(seq), json);
      return (listener) => listener.event(Number(epoch), logged);
    } catch {
      return null;
    }
  }
  const delta = DELTA.exec(message);
  if (delta) {
    const [, kind, epoch, step = '', attempt, offset, text = ''] = delta;
    const piece = { session, step, attempt: Number(attempt), offset: Number(offset), text };
    const said: Delta = kind === 'T' ? { ...piece, part: 'reasoning' } : piece;
    return (listener) => listener.delta(Number(epoch), said);
  }
  const json = NOTE.exec(message)?.[1];
  if (json !== undefined) {
    const note = noteOf(json);
    const heard = note && { session, ...note };
    return heard && ((listener) => listener.note?.(heard));
  }
  const epoch = EPOCH.exec(message)?.[1];
  return epoch === undefined ? null : (listener) => listener.epoch(Number(epoch));
}

export function createSubscriptions(heard: Channels): Subscriptions {
  const channels = new Map<string, { session: string; heldBy: Set<Subscription> }>();

  heard.onMessage((channel, message) => {
    const found = channels.get(channel);
    const tell = found && parse(found.session, message.toString());
    if (tell) for (const { listener } of found.heldBy) tell(listener);
  });
  heard.onAgain((again) => {
    for (const channel of again) {
      for (const { listener } of channels.get(channel)?.heldBy ?? []) listener.reconnected();
    }
  });

  return {
    async add(ref, listener) {
      const { channel } = logKeys(ref);
      const entry = channels.get(channel) ?? { session: ref.session, heldBy: new Set() };
      const own: Subscription = { listener };
      channels.set(channel, entry);
      entry.heldBy.add(own);
      const remove = async (): Promise<void> => {
        entry.heldBy.delete(own);
        if (entry.heldBy.size > 0 || channels.get(channel) !== entry) return;
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
