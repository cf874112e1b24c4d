/** Messages and steps in the order of the log, by turns; it stays at its end while somebody reads there. */
import { useLayoutEffect, useMemo, useRef } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import { useAgent } from '../../../../src/client/react/index.ts';
import type { Entry, GivenFeedback, SessionView } from '../../../../src/contracts/public.ts';
import { cost, count } from '../../shared/format.ts';
import { Empty } from '../../shared/notes.tsx';
import { setQuery } from '../../shared/router.tsx';
import { Feedback } from './feedback.tsx';
import { groupsOf, keyOf } from './groups.ts';
import type { Group } from './groups.ts';
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
  /** Private feedback, which the view has not. */
  readonly hidden: readonly GivenFeedback[];
}

/** Only whoever scrolls up leaves the end: what is drawn later, and grows, does not. */
function useFollowEnd(): React.RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const node = box.current;
    const inside = node?.firstElementChild;
    if (!node || !inside) return undefined;
    let isAtEnd = true;
    let lastTop = 0;
    const onScroll = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = node;
      if (scrollHeight - scrollTop - clientHeight < NEAR_PX) isAtEnd = true;
      else if (scrollTop < lastTop) isAtEnd = false;
      lastTop = scrollTop;
    };
    const observer = new ResizeObserver(() => {
      if (isAtEnd) node.scrollTop = node.scrollHeight;
    });
    node.addEventListener('scroll', onScroll, { passive: true });
    observer.observe(inside);
    observer.observe(node);
    return () => {
      node.removeEventListener('scroll', onScroll);
      observer.disconnect();
    };
  }, []);
  return box;
}

const isBy = (entry: Entry, name: string): boolean =>
  entry.kind === 'message' ? entry.from?.toLowerCase() === name.toLowerCase() : entry.agent === name;

export function Conversation({ session, view, member, hidden }: ConversationProps): ReactElement {
  const box = useFollowEnd();
  const entries = member === '' ? view.entries : view.entries.filter((entry) => isBy(entry, member));
  const given = useMemo(() => [...(view.feedback ?? []), ...hidden], [view.feedback, hidden]);
  return (
    <div className="conversation" ref={box} tabIndex={0} role="log" aria-label="Conversation" aria-live="off">
      <div>
        {view.truncated && (
          <p className="soft small centred">Older entries are in the events, and in the replay.</p>
        )}
        {member !== '' && (
          <p className="only">
            <span>
              <strong>{member}</strong> alone is shown.
            </span>
            {session && <Spent session={session} name={member} />}
            <button type="button" className="button small quiet" onClick={() => setQuery({ member: '' })}>
              Show everybody
            </button>
          </p>
        )}
        {entries.length === 0 && <Nothing isReplay={session === null} isFiltered={member !== ''} />}
        {groupsOf(entries).map((group) => (
          <TurnGroup key={group.key} session={session} view={view} group={group} given={given} />
        ))}
      </div>
    </div>
  );
}

interface TurnGroupProps extends Pick<ConversationProps, 'session' | 'view'> {
  readonly group: Group;
  readonly given: readonly GivenFeedback[];
}

/** A turn: its head, what is said in it, and what is said of it. */
function TurnGroup({ session, view, group: { id, entries }, given }: TurnGroupProps): ReactElement {
  const turn = view.turns.find((each) => each.turn === id);
  // What a step has told need not be told again.
  const told = entries.flatMap((entry) => (entry.kind === 'step' ? (entry.failure?.message ?? []) : []));
  return (
    <div className="turn">
      {id !== '' && (
        <TurnHead
          session={session}
          turn={turn}
          id={id}
          isTold={told.includes(turn?.failure?.message ?? '')}
        />
      )}
      {entries.map((entry) => (
        <div key={keyOf(entry)} className="entry-group">
          {entry.kind === 'message' ? (
            <MessageItem session={session} id={view.session} entry={entry} />
          ) : (
            <StepItem session={session} entry={entry} />
          )}
        </div>
      ))}
      {turn && turn.status !== 'running' && (
        <Feedback session={view.status === 'closed' ? null : session} turn={id} given={given} />
      )}
    </div>
  );
}

/** What an agent has used, as far as the view goes back. */
function Spent({ session, name }: { readonly session: Session; readonly name: string }): ReactElement | null {
  const { steps, inputTokens, outputTokens, cost: spent } = useAgent(session, name);
  if (steps.length === 0) return null;
  const words = [
    `${count(steps.length)} ${steps.length === 1 ? 'step' : 'steps'}`,
    ...(outputTokens > 0 ? [`${count(inputTokens)} tokens in, ${count(outputTokens)} out`] : []),
    ...(spent > 0 ? [`cost ${cost(spent)}`] : []),
  ];
  return <span className="soft numbers">{words.join(' · ')}</span>;
}

interface NothingProps {
  readonly isFiltered: boolean;
  readonly isReplay: boolean;
}

function Nothing({ isFiltered, isReplay }: NothingProps): ReactElement {
  if (isFiltered) return <Empty title="Nothing so far" />;
  if (isReplay)
    return (
      <Empty title="Nobody has said anything by this moment">
        <p>Press Play, or drag the slider.</p>
      </Empty>
    );
  return (
    <Empty title="Nobody has said anything yet">
      <p>Send the first message below, or from a terminal: the agents’ words appear here as they are said.</p>
    </Empty>
  );
}
