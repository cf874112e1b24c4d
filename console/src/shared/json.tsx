/** JSON for people. */
import type { ReactElement } from 'react';
import { preciseTime } from './format.ts';

interface JsonProps {
  readonly value: unknown;
  /** Its times, ms since the Unix epoch, are told as times of the day, too. */
  readonly hasTimes?: boolean;
}

/** A number alone in its line, between 2001 and 2286. */
const TIME = /^(\s*(?:"[^"]*": )?([1-9]\d{12})(?:\.\d+)?,?)$/gm;

export function Json({ value, hasTimes = false }: JsonProps): ReactElement {
  const text = JSON.stringify(value, null, 2);
  return (
    <pre className="json" tabIndex={0}>
      {hasTimes
        ? text.replace(TIME, (line, _all, at: string) => `${line}  ← ${preciseTime(Number(at))}`)
        : text}
    </pre>
  );
}
