/** The session again, at any speed, from its log or its archive. */
import { useEffect, useMemo } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../../src/client/index.ts';
import type { SessionView } from '../../../../../src/contracts/public.ts';
import { Copy } from '../../../shared/copy.tsx';
import { count, dateTime } from '../../../shared/format.ts';
import { Icon } from '../../../shared/icons.tsx';
import { Empty, ErrorNote, Loading } from '../../../shared/notes.tsx';
import { setQuery, usePlace } from '../../../shared/router.tsx';
import { Conversation } from '../conversation.tsx';
import { forkAndOpen, useAct } from '../head.tsx';
import { Lanes } from '../lanes.tsx';
import { privateFeedback } from '../private.ts';
import { useEvents } from '../use-events.ts';
import { clockAt, playedAt, tapeOf, viewAt } from './tape.ts';
import type { Tape } from './tape.ts';
import { usePlayer } from './use-player.ts';

const SPEEDS = [0.5, 1, 2, 4, 8, 16, 64];

interface ReplayProps {
  readonly session: Session;
  readonly view: SessionView;
}

export function Replay({ session, view }: ReplayProps): ReactElement {
  const { events, leftOut, isLoading, error } = useEvents(session);
  // What comes meanwhile is in the next replay.
  const tape = useMemo(() => (isLoading ? null : tapeOf(events, view)), [isLoading]);
  if (error) return <ErrorNote error={error} />;
  if (!tape) return <Loading what={`events: ${count(events.length)} so far`} />;
  if (tape.events.length === 0) return <Empty title="There is nothing to replay" />;
  return <Playing session={session} tape={tape} leftOut={leftOut} />;
}

interface PlayingProps {
  readonly session: Session;
  readonly tape: Tape;
  /** Older events, which the tape does not have. */
  readonly leftOut: number;
}

function Playing({ session, tape, leftOut }: PlayingProps): ReactElement {
  const { query } = usePlace();
  const speed = Number(query.get('speed') ?? 1);
  const seq = Number(query.get('at') ?? 0);
  const begin = tape.events.findIndex((event) => event.seq === seq);
  const player = usePlayer(tape.ms, speed, tape.moments[begin] ?? 0);
  const { moment, isPlaying } = player;
  const played = playedAt(tape, moment);
  const now = useMemo(() => viewAt(tape, moment), [tape, moment]);
  const at = tape.events[played - 1]?.seq ?? 0;
  const clock = clockAt(tape, played, moment);
  const hidden = useMemo(() => privateFeedback(tape.events.slice(0, played)), [tape, played]);
  useEffect(() => {
    if (!isPlaying) setQuery({ at: at > 0 ? String(at) : '' });
  }, [isPlaying, at]);
  const member = query.get('member') ?? '';
  return (
    <section className="page session replaying">
      <header className="page-head session-head">
        <button
          type="button"
          className="button small quiet"
          onClick={() => setQuery({ replay: '', at: '', speed: '' })}
        >
          <Icon name="back" /> Live
        </button>
        <div className="title">
          <h1>{session.id}</h1>
          <p className="soft numbers">
            Replay · {dateTime(clock)}
            {leftOut > 0 &&
              ` · the newest ${count(tape.events.length)} events; ${count(leftOut)} older ones are left out`}
          </p>
        </div>
        <div className="actions">
          <Fork session={session} at={at} />
          <Copy label="Copy link" icon="link" text={() => location.href} />
        </div>
      </header>
      <div className="talk">
        <Lanes view={now} member={member} at={clock} />
        <Conversation session={null} view={now} member={member} hidden={hidden} />
        <Controls tape={tape} player={player} speed={speed} played={played} />
      </div>
    </section>
  );
}

function Fork({ session, at }: { readonly session: Session; readonly at: number }): ReactElement {
  const { isBusy, error, act } = useAct();
  return (
    <>
      <button
        type="button"
        className="button small"
        disabled={isBusy || at === 0}
        title="A new session with all that has happened up to here"
        onClick={() => act(() => forkAndOpen(session, { at }))}
      >
        <Icon name="fork" /> Fork from here
      </button>
      {error && <ErrorNote error={error} />}
    </>
  );
}

interface ControlsProps {
  readonly tape: Tape;
  readonly player: ReturnType<typeof usePlayer>;
  readonly speed: number;
  readonly played: number;
}

function Controls({ tape, player, speed, played }: ControlsProps): ReactElement {
  const { moment, isPlaying, seek, toggle } = player;
  const event = tape.events[played - 1];
  const step = (by: number): void =>
    seek(tape.moments[Math.max(0, played - 1 + by)] ?? (by > 0 ? tape.ms : 0));
  return (
    <div className="replay-bar" role="group" aria-label="Replay">
      <button
        type="button"
        className="button primary"
        aria-label={isPlaying ? 'Pause' : 'Play'}
        onClick={toggle}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        className="button quiet icon-only"
        aria-label="One event back"
        onClick={() => step(-1)}
      >
        <Icon name="back" />
      </button>
      <button
        type="button"
        className="button quiet icon-only"
        aria-label="One event further"
        onClick={() => step(1)}
      >
        <Icon name="next" />
      </button>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={`event ${played} of ${tape.events.length}`}
        min={0}
        max={Math.max(1, tape.ms)}
        step="any"
        value={moment}
        onChange={(change) => seek(Number(change.target.value))}
      />
      <span className="numbers soft replay-at">
        {count(played)} / {count(tape.events.length)} <span className="event-type">{event?.type}</span>
      </span>
      <select
        aria-label="Speed"
        value={speed}
        onChange={(change) => setQuery({ speed: change.target.value })}
      >
        {SPEEDS.map((each) => (
          <option key={each} value={each}>
            {each}×
          </option>
        ))}
      </select>
    </div>
  );
}
