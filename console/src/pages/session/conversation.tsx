/** Messages and steps in the order of the log, by turns; it stays at its end while somebody reads there. */
import { useLayoutEffect, useRef } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { Entry, SessionView } from '../../../../src/contracts/public.ts';
import { Empty } from '../../shared/notes.tsx';
import { setQuery } from '../../shared/router.tsx';
import { MessageItem } from './message-item.tsx';
import { StepItem } from './step-item.tsx';
import { TurnHead } from './turn-head.tsx';

/** So near to the end, px, the view follows what comes. */
const NEAR_PX = 80;

interface ConversationProps {
  /** Null: it is looked at, and nothing can be done in it. */
  readonly session: Session | null;
  readonly view: SessionView;
  readonly member: string;
}

function useFollowEnd(view: SessionView): React.RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const onScroll = (): void => {
      isAtEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
    };
    node.addEventListener('scroll', onScroll, { passive: true });
    return () => node.removeEventListener('scroll', onScroll);
  }, []);
  useLayoutEffect(() => {
    const node = box.current;
    if (node && isAtEnd.current) node.scrollTop = node.scrollHeight;
  }, [view]);
  return box;
}

const keyOf = (entry: Entry): string =>
  entry.kind === 'message' ? `m:${entry.messageId}` : `s:${entry.step}`;
const isBy = (entry: Entry, name: string): boolean =>
  entry.kind === 'message' ? entry.from?.toLowerCase() === name.toLowerCase() : entry.agent === name;

export function Conversation({ session, view, member }: ConversationProps): ReactElement {
  const box = useFollowEnd(view);
  const entries = member === '' ? view.entries : view.entries.filter((entry) => isBy(entry, member));
  const seen = new Set<string>();
  return (
    <div className="conversation" ref={box} tabIndex={0} role="log" aria-label="Conversation" aria-live="off">
      {view.truncated && (
        <p className="soft small centred">Older entries are in the events, and in the replay.</p>
      )}
      {member !== '' && (
        <p className="only">
          {member} alone is shown.{' '}
          <button type="button" className="button small quiet" onClick={() => setQuery({ member: '' })}>
            Show everybody
          </button>
        </p>
      )}
      {entries.length === 0 && <Nothing isFiltered={member !== ''} />}
      {entries.map((entry) => {
        const { turn } = entry;
        const isFirst = turn !== undefined && turn !== '' && !seen.has(turn);
        if (turn) seen.add(turn);
        return (
          <div key={keyOf(entry)} className="entry-group">
            {isFirst && (
              <TurnHead session={session} turn={view.turns.find((each) => each.turn === turn)} id={turn} />
            )}
            {entry.kind === 'message' ? (
              <MessageItem session={session} id={view.session} entry={entry} />
            ) : (
              <StepItem session={session} entry={entry} />
            )}
          </div>
        );
      })}
    </div>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }): ReactElement {
  if (isFiltered) return <Empty title="Nothing so far" />;
  return (
    <Empty title="Nobody has said anything yet">
      <p>Send the first message below, or from a terminal: the agents’ words appear here as they are said.</p>
    </Empty>
  );
}
