/** What is said of a turn, and a thumb of one's own. */
import { memo } from 'react';
import type { ReactElement } from 'react';
import { feedbackOf } from '../../../../src/client/feedback.ts';
import type { Session } from '../../../../src/client/index.ts';
import type { GivenFeedback } from '../../../../src/contracts/public.ts';
import { Icon } from '../../shared/icons.tsx';
import { ErrorNote } from '../../shared/notes.tsx';
import { useAct } from './head.tsx';

interface FeedbackProps {
  /** Null: nothing can be said here. */
  readonly session: Session | null;
  readonly turn: string;
  /** Of the whole session. */
  readonly given: readonly GivenFeedback[];
}

/** Who gives feedback with a key and no name. */
const OWN = 'application';

function wordsOf({ by, step, score, label, comment }: GivenFeedback): string {
  const about = step === undefined ? '' : ` on ${step}`;
  const said = [score !== undefined && `scores ${score}`, label, comment && `“${comment}”`].filter(Boolean);
  return `${by}${about}${said.length > 0 ? `: ${said.join(' · ')}` : ''}`;
}

function Given({ each }: { readonly each: GivenFeedback }): ReactElement {
  const { thumb } = each;
  return (
    <li className="given" data-thumb={thumb}>
      {thumb && <Icon name={thumb} />}
      {thumb && <span className="sr-only">{thumb === 'up' ? 'Thumb up' : 'Thumb down'}</span>}
      <span dir="auto">{wordsOf(each)}</span>
      {each.private && (
        <span className="tag" title="Told to its giver, to keys and to operators alone">
          private
        </span>
      )}
    </li>
  );
}

export const Feedback = memo(function Feedback({ session, turn, given }: FeedbackProps): ReactElement | null {
  const { isBusy, error, act } = useAct();
  const all = given.filter((each) => each.turn === turn);
  const own = all.find(({ by, step }) => by === OWN && step === undefined)?.thumb;
  if (!session && all.length === 0) return null;
  const give = (on: Session, thumb: 'up' | 'down'): void =>
    act(() => (own === thumb ? feedbackOf(on).retract({ turn }) : feedbackOf(on).give({ turn, thumb })));
  return (
    <div className="feedback">
      {session &&
        (['up', 'down'] as const).map((thumb) => (
          <button
            key={thumb}
            type="button"
            className="button small quiet"
            disabled={isBusy}
            aria-pressed={own === thumb}
            aria-label={`${thumb === 'up' ? 'Good' : 'Bad'} answer in ${turn}`}
            onClick={() => give(session, thumb)}
          >
            <Icon name={thumb} />
          </button>
        ))}
      {all.length > 0 && (
        <ul aria-label={`Feedback on ${turn}`}>
          {all.map((each) => (
            <Given key={`${each.by} ${each.step ?? ''} ${each.private ?? ''}`} each={each} />
          ))}
        </ul>
      )}
      {error && <ErrorNote error={error} />}
    </div>
  );
});
