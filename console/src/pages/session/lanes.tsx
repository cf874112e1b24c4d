/** A lane for each member: what it does at this moment, with its text as it comes. */
import { memo } from 'react';
import type { ReactElement } from 'react';
import type { Member, SessionView, StepEntry } from '../../../../src/contracts/public.ts';
import { Avatar } from '../../shared/avatar.tsx';
import { duration } from '../../shared/format.ts';
import { setQuery } from '../../shared/router.tsx';
import { useNow } from '../../shared/use-now.ts';

/** The first letter is of a script that is written from right to left. */
const RTL = /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufefc]/u;
/** Of what is said, the end that is shown. */
const TAIL_CHARS = 120;

interface LanesProps {
  readonly view: SessionView;
  /** Whose entries alone are shown in the conversation; empty: everybody's. */
  readonly member: string;
  /** What time it is, ms; absent: now. */
  readonly at?: number;
}

export function Lanes({ view, member, at }: LanesProps): ReactElement {
  const running = view.entries.filter(
    (entry): entry is StepEntry => entry.kind === 'step' && entry.status === 'running',
  );
  const clock = useNow(500, running.length > 0 && at === undefined);
  const now = at ?? clock;
  const silent = running.filter(({ agent }) => !view.members.some(({ name }) => name === agent));
  const members: readonly Member[] = [
    ...view.members,
    ...[...new Set(silent.map(({ agent }) => agent))].map(
      (name) => ({ kind: 'agent', name, status: 'active' }) as const,
    ),
  ];
  const lanes = members.map((each) => ({
    member: each,
    steps: running.filter(({ agent }) => agent === each.name),
  }));
  const busy = lanes.filter(({ steps }) => steps.length > 0);
  const quiet = lanes.filter(({ steps }) => steps.length === 0);
  return (
    <div className="lanes">
      {busy.length > 0 && (
        <ul aria-label="At work" className="lanes-busy">
          {busy.map(({ member: each, steps: [first, ...more] }) => (
            <Lane
              key={each.name}
              name={each.name}
              said={tailOf(first ? [first, ...more] : [])}
              doing={first ? doing(first, more.length + 1, now) : ''}
              isChosen={member === each.name}
            />
          ))}
        </ul>
      )}
      {quiet.length > 0 && (
        <ul aria-label="Others" className="lanes-quiet">
          {quiet.map(({ member: each }) => (
            <Chip key={each.name} name={each.name} state={idle(each, view)} isChosen={member === each.name} />
          ))}
        </ul>
      )}
    </div>
  );
}

function tailOf(steps: readonly StepEntry[]): string {
  const speaking = steps.findLast(({ use }) => !use) ?? steps.at(-1);
  if (!speaking) return '';
  const { use, text, reasoning = '' } = speaking;
  if (use && text === '') return `calls ${use.tool}`;
  return (text || reasoning).slice(-TAIL_CHARS);
}

function doing(step: StepEntry, steps: number, now: number): string {
  const { at, attempt, waiting, use, text, reasoning = '' } = step;
  if (waiting) return `retries in ${duration(Math.max(0, waiting.until - now))}`;
  const said = text === '' && reasoning === '' ? 'waits for the first token' : 'speaks';
  const what = use ? `tool ${use.tool}` : steps > 1 ? `${steps} steps` : said;
  return `${what} · ${duration(Math.max(0, now - at))}${attempt > 1 ? ` · attempt ${attempt}` : ''}`;
}

function idle({ kind, name, status }: Member, { asked, approvals }: SessionView): string {
  if (asked.some((each) => each.name === name)) return 'is asked';
  if (approvals.some(({ agent }) => agent === name)) return 'waits for approval';
  if (status === 'paused') return 'paused';
  return kind === 'person' ? 'person' : 'idle';
}

interface ChosenProps {
  readonly name: string;
  readonly isChosen: boolean;
}

const choice = ({ name, isChosen }: ChosenProps) =>
  ({
    type: 'button',
    'aria-pressed': isChosen,
    title: isChosen ? 'Show everybody' : `Show ${name} alone`,
    onClick: () => setQuery({ member: isChosen ? '' : name }),
  }) as const;

interface LaneProps extends ChosenProps {
  readonly said: string;
  readonly doing: string;
}

const Lane = memo(function Lane({ name, said, doing: what, isChosen }: LaneProps): ReactElement {
  return (
    <li className="lane">
      <button {...choice({ name, isChosen })}>
        <Avatar name={name} isBusy />
        <span className="lane-name">{name}</span>
        <span className="lane-doing">{what}</span>
        <span className="lane-said" data-rtl={RTL.test(said) || undefined}>
          <bdi>{said}</bdi>
        </span>
      </button>
    </li>
  );
});

const Chip = memo(function Chip({
  name,
  state,
  isChosen,
}: ChosenProps & { readonly state: string }): ReactElement {
  return (
    <li>
      <button className="chip" {...choice({ name, isChosen })}>
        <Avatar name={name} />
        <span className="lane-name">{name}</span>
        <span className="lane-doing">{state}</span>
      </button>
    </li>
  );
});
