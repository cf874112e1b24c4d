/** The parts of the page: beside each other where there is room, one at a time on a phone. They stand in the address. */
import type { ReactElement } from 'react';
import { setQuery } from '../../shared/router.tsx';

const TABS = [
  ['talk', 'Conversation'],
  ['events', 'Events'],
  ['people', 'People'],
  ['details', 'Details'],
] as const;

interface TabsProps {
  readonly current: string;
  /** The conversation is there besides, and needs no tab. */
  readonly isWide: boolean;
  /** What waits for people. */
  readonly approvals: number;
}

export function Tabs({ current, isWide, approvals }: TabsProps): ReactElement {
  return (
    <div className="tabs" role="group" aria-label="Parts of the session">
      {TABS.filter(([name]) => !isWide || name !== 'talk').map(([name, text]) => (
        <button
          key={name}
          type="button"
          aria-pressed={current === name}
          onClick={() => setQuery({ tab: name === 'talk' ? '' : name })}
        >
          {text}
          {name === 'talk' && approvals > 0 && <span className="bubble">{approvals}</span>}
        </button>
      ))}
    </div>
  );
}
