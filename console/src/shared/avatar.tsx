/** The first letter of a name on a colour of its own: the same one everywhere. */
import type { ReactElement } from 'react';

const COLOURS = 8;

function colourOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9_973;
  return sum % COLOURS;
}

export function Avatar({
  name,
  isBusy = false,
}: {
  readonly name: string;
  readonly isBusy?: boolean;
}): ReactElement {
  return (
    <span className="avatar" data-colour={colourOf(name)} data-busy={isBusy || undefined} aria-hidden="true">
      {(name[0] ?? '?').toUpperCase()}
    </span>
  );
}
