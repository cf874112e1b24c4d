/** Copies a text: a link to what is on the screen, or the request that it came from. */
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';

/** How long it says that it has worked, ms. */
const SAID_MS = 1_500;

/** On http pages of other hosts there is no clipboard API. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'unseen';
    document.body.append(area);
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- where there is no clipboard API, nothing else copies
    document.execCommand('copy');
    area.remove();
  }
}

interface CopyProps {
  readonly label: string;
  readonly text: string | (() => string);
  readonly icon?: IconName;
}

export function Copy({ label, text, icon = 'copy' }: CopyProps): ReactElement {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return undefined;
    const timer = setTimeout(() => setDone(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const run = (): void => void copy(typeof text === 'string' ? text : text()).then(() => setDone(true));
  return (
    <button type="button" className="button small quiet" onClick={run}>
      <Icon name={isDone ? 'check' : icon} />
      <span className="label" aria-live="polite">
        {isDone ? 'Copied' : label}
      </span>
    </button>
  );
}
