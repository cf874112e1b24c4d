/** The newest events of a session, and what comes. */
import { useEffect, useState } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { EventPage, SessionEvent } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { EventLog } from './event-log.ts';

/** New events are drawn together, ms. */
const TOGETHER_MS = 200;

export interface Events {
  readonly events: readonly SessionEvent[];
  /** How many others the session has: older ones. While it loads these are on their way. */
  readonly leftOut: number;
  readonly isLoading: boolean;
  readonly error: Error | null;
}

const NONE: Events = { events: [], leftOut: 0, isLoading: true, error: null };

export function useEvents(session: Session): Events {
  const { api } = useAccess();
  const [state, setState] = useState(NONE);
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const path = (after: number, limit: number): string =>
      `/v1/sessions/${session.id}/events?limit=${limit}&after=${after}`;
    const log = new EventLog(
      (after, limit) => api<EventPage>(path(after, limit), { signal }),
      session.view?.position.seq ?? 0,
    );
    let isLoading = true;
    /** Of what was there before, and of what has come since. */
    const failed: Record<'load' | 'reach', Error | null> = { load: null, reach: null };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (): void => {
      timer = undefined;
      const { events, leftOut } = log;
      if (!signal.aborted) setState({ events, leftOut, isLoading, error: failed.load ?? failed.reach });
    };
    const tellSoon = (): void => void (timer ??= setTimeout(tell, TOGETHER_MS));
    const settle = async (what: 'load' | 'reach', work: Promise<void>): Promise<void> => {
      failed[what] = await work.then(
        () => null,
        (thrown: unknown) => thrown as Error,
      );
      tellSoon();
    };
    const stops = [
      session.on('event', (event) => void settle('reach', log.reach(event.seq, event))),
      // After a long absence only the state is told.
      session.on('reset', ({ position }) => void settle('reach', log.reach(position.seq))),
    ];
    setState(NONE);
    void settle(
      'load',
      log.load(tellSoon).finally(() => {
        isLoading = false;
      }),
    );
    return () => {
      over.abort();
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [session, api]);
  return state;
}
