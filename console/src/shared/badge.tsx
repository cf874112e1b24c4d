/** A status in a word, with a dot in its colour. The word says it all: the colour only helps. */
import type { ReactElement } from 'react';

const TONES: Readonly<Record<string, 'good' | 'busy' | 'warn' | 'bad' | 'calm'>> = {
  ...{ open: 'good', completed: 'good', consumed: 'good', published: 'good', online: 'good', live: 'good' },
  ...{ running: 'busy', accepted: 'busy', connecting: 'busy', subscribing: 'busy', active: 'busy' },
  ...{
    queued: 'warn',
    waiting: 'warn',
    scheduled: 'warn',
    paused: 'warn',
    interrupted: 'warn',
    stuck: 'bad',
  },
  ...{ failed: 'bad', rejected: 'bad', offline: 'bad' },
};

interface BadgeProps {
  readonly status: string;
  /** Instead of the status. */
  readonly text?: string | undefined;
  /** It is nothing to look at. */
  readonly isCalm?: boolean;
}

export function Badge({ status, text = status, isCalm = false }: BadgeProps): ReactElement {
  return (
    <span className="badge" data-tone={isCalm ? 'calm' : (TONES[status] ?? 'calm')} data-status={status}>
      {text}
    </span>
  );
}
