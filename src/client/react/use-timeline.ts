/** The timeline of a message, asked for again while the message is on its way. */
import { useCallback, useEffect, useState } from 'react';
import type { Timeline } from '../../contracts/public.ts';
import { asError } from '../errors.ts';
import type { Session } from '../session.ts';

/** How often it is asked for while it goes on, ms. */
const EVERY_MS = 1_000;
/** How often after its end: connections acknowledge a little later. */
const AFTERWARDS = 3;

const GOES_ON = ['accepted', 'queued', 'running'];

export interface TimelineNow {
  /** Null until it is there. */
  readonly timeline: Timeline | null;
  /** Why it could not be read: `message_not_found`, `offline`, … */
  readonly error: Error | undefined;
  /** Asks again now. */
  readonly refresh: () => void;
}

interface State {
  readonly of: string;
  readonly timeline: Timeline | null;
  readonly error?: Error;
}

/** Where a message has waited, and for what, up to the connections that have its answer. Costs a request a second while the message is on its way. */
export function useTimeline(session: Session, messageId: string): TimelineNow {
  const of = `${session.id} ${messageId}`;
  const [state, setState] = useState<State>({ of, timeline: null });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let left = AFTERWARDS;
    const ask = async (): Promise<void> => {
      const found: State = await session.timeline(messageId).then(
        (timeline) => ({ of, timeline }),
        (error: unknown) => ({ of, timeline: null, error: asError(error) }),
      );
      if (isOver) return;
      setState((last) =>
        found.timeline || last.of !== of ? found : { ...last, ...found, timeline: last.timeline },
      );
      const goesOn = found.timeline !== null && GOES_ON.includes(found.timeline.status);
      if (!goesOn) left -= 1;
      if (goesOn || left > 0) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [session, messageId, of, asked]);
  const refresh = useCallback(() => setAsked((times) => times + 1), []);
  const current = state.of === of ? state : { timeline: null };
  return { timeline: current.timeline, error: 'error' in current ? current.error : undefined, refresh };
}
