/** All events of a session: pages from the log or the archive, then what comes. */
import { useEffect, useState } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { EventPage, SessionEvent } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';

/** Events of one request: as many as the gateway gives. */
const PAGE = 500;
/** The most that are kept here. */
export const MOST_EVENTS = 50_000;
/** New events are drawn together, ms. */
const TOGETHER_MS = 200;

export interface Events {
  readonly events: readonly SessionEvent[];
  readonly isLoading: boolean;
  readonly error: Error | null;
}

const NONE: Events = { events: [], isLoading: true, error: null };

export function useEvents(session: Session): Events {
  const { api } = useAccess();
  const [state, setState] = useState(NONE);
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    const all: SessionEvent[] = [];
    const late: SessionEvent[] = [];
    let isLoading = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (error: Error | null = null): void => {
      timer = undefined;
      if (!signal.aborted) setState({ events: all.slice(), isLoading, error });
    };
    const add = (event: SessionEvent): void => {
      if (event.seq > (all.at(-1)?.seq ?? 0) && all.length < MOST_EVENTS) all.push(event);
      timer ??= setTimeout(tell, TOGETHER_MS);
    };
    const stop = session.on('event', (event) => (isLoading ? late.push(event) : add(event)));
    const load = async (): Promise<void> => {
      let after: string | null = '0';
      while (after !== null && all.length < MOST_EVENTS) {
        const path = `/v1/sessions/${session.id}/events?limit=${PAGE}&after=${after}`;
        const page: EventPage = await api<EventPage>(path, { signal });
        for (const event of page.data) add(event);
        after = page.next;
      }
    };
    setState(NONE);
    load()
      .then(
        () => null,
        (thrown: unknown) => thrown as Error,
      )
      .then((error) => {
        isLoading = false;
        for (const event of late) add(event);
        tell(error);
      })
      .catch(() => undefined);
    return () => {
      over.abort();
      clearTimeout(timer);
      stop();
    };
  }, [session, api]);
  return state;
}
