/** The raw events, with search. */
import { memo, useDeferredValue, useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { SessionEvent } from '../../../../src/contracts/public.ts';
import { curlOf } from '../../shared/api.ts';
import { Copy } from '../../shared/copy.tsx';
import { count, time } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Json } from '../../shared/json.tsx';
import { ErrorNote, Loading } from '../../shared/notes.tsx';
import { setQuery, usePlace } from '../../shared/router.tsx';
import { VirtualList } from '../../shared/virtual-list.tsx';
import { forkAndOpen, useAct } from './head.tsx';
import type { Events as Log } from './use-events.ts';

/** What is searched in: made once for each event. */
const texts = new WeakMap<SessionEvent, string>();

function textOf(event: SessionEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const { seq, type, turn = '', step = '', agent = '', data } = event;
  const text = `${seq} ${type} ${turn} ${step} ${agent} ${JSON.stringify(data)}`.toLowerCase();
  texts.set(event, text);
  return text;
}

/** As it is written; if that is nowhere, all of its words. */
function search(events: readonly SessionEvent[], wanted: string): readonly SessionEvent[] {
  if (wanted === '') return events;
  const found = events.filter((event) => textOf(event).includes(wanted));
  if (found.length > 0) return found;
  const words = wanted.split(/\s+/);
  return events.filter((event) => words.every((word) => textOf(event).includes(word)));
}

const ROW_PX = 32;

interface EventsProps {
  readonly session: Session;
  readonly log: Log;
}

/** Drawn anew with its events, and not with every token. */
export const Events = memo(function Events({ session, log }: EventsProps): ReactElement {
  const { events, isLoading, error } = log;
  const { query } = usePlace();
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const found = useMemo(() => search(events, wanted), [events, wanted]);
  const chosen = Number(query.get('event') ?? 0);
  const open = events.find(({ seq }) => seq === chosen);
  return (
    <div className="panel events">
      <header className="panel-head">
        <h2>Events</h2>
        <span className="soft numbers" role="status">
          {wanted === '' ? count(events.length) : `${count(found.length)} of ${count(events.length)}`}
        </span>
        <Copy label="curl" text={() => curlOf(`/v1/sessions/${session.id}/events?limit=500`)} />
      </header>
      <label className="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search events"
          placeholder="type, turn, agent, text"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {error && <ErrorNote error={error} />}
      {isLoading && events.length === 0 && <Loading what="events" />}
      {!isLoading && !error && <LeftOut log={log} chosen={chosen} />}
      <VirtualList
        label="Events"
        items={found}
        rowPx={ROW_PX}
        stickToEnd={wanted === ''}
        render={(event) => <EventRow key={event.seq} event={event} isChosen={event.seq === chosen} />}
      />
      {open && <Chosen session={session} event={open} />}
    </div>
  );
});

/** What the list does not have, and where it is. */
function LeftOut({ log, chosen }: { readonly log: Log; readonly chosen: number }): ReactElement | null {
  const { events, leftOut } = log;
  const isAsked = chosen > 0 && !events.some(({ seq }) => seq === chosen);
  if (leftOut === 0 && !isAsked) return null;
  const first = events[0]?.seq ?? 0;
  return (
    <p className="soft small left-out">
      {leftOut > 0 &&
        `These are the newest ${count(events.length)} events. ${count(leftOut)} older ones are left out; the API has them. `}
      {isAsked && `Event ${count(chosen)} is ${chosen < first ? 'one of those' : 'not there'}.`}
    </p>
  );
}

function EventRow({
  event,
  isChosen,
}: {
  readonly event: SessionEvent;
  readonly isChosen: boolean;
}): ReactElement {
  const { seq, type, turn, step, agent, at } = event;
  return (
    <button
      type="button"
      className="event-row"
      aria-pressed={isChosen}
      data-kind={type.split('.')[0]}
      title={[type, step ?? turn, agent].filter(Boolean).join(' · ')}
      onClick={() => setQuery({ event: isChosen ? '' : String(seq) })}
    >
      <span className="number soft">{seq}</span>
      <span className="event-type">{type}</span>
      <span className="soft event-of">{[agent, step ?? turn].filter(Boolean).join(' ')}</span>
      <time className="number soft">{time(at)}</time>
    </button>
  );
}

function Chosen({
  session,
  event,
}: {
  readonly session: Session;
  readonly event: SessionEvent;
}): ReactElement {
  const { isBusy, error, act } = useAct();
  return (
    <div className="chosen">
      <div className="actions">
        <button
          type="button"
          className="button small"
          disabled={isBusy}
          onClick={() => act(() => forkAndOpen(session, { at: event.seq }))}
        >
          <Icon name="fork" /> Fork from here
        </button>
        <Copy label="Copy JSON" text={() => JSON.stringify(event, null, 2)} />
        <button
          type="button"
          className="button small quiet"
          aria-label="Close the event"
          onClick={() => setQuery({ event: '' })}
        >
          <Icon name="close" />
        </button>
      </div>
      {error && <ErrorNote error={error} />}
      <Json value={event} hasTimes />
    </div>
  );
}
