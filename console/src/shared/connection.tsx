/** Whether what is on the screen is live. */
import type { ReactElement } from 'react';
import { useConnection } from '../../../src/client/react/index.ts';
import { Badge } from './badge.tsx';

const WORDS = {
  connecting: 'Connecting',
  online: 'Live',
  offline: 'Offline, tries again',
  closed: 'Disconnected',
} as const;

export function Connection(): ReactElement {
  const { state, reason } = useConnection();
  const why = state === 'online' || reason === undefined ? '' : `: ${reason}`;
  return (
    <span role="status" className="connection">
      <Badge status={state === 'closed' ? 'offline' : state} text={WORDS[state] + why} />
    </span>
  );
}
