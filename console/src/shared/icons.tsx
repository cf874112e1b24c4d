/** Icons, drawn with the colour of the text. */
import type { ReactElement } from 'react';

const PATHS = {
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  check: 'M5 12l5 5L20 7',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  play: 'M7 4l13 8-13 8z',
  pause: 'M8 5v14M16 5v14',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  fork: 'M6 3v12M6 9c0 3 12 1 12-4M6 21a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM18 5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  stop: 'M6 6h12v12H6z',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M4 12h15M13 6l6 6-6 6',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19',
  tool: 'M14 6a4 4 0 0 0 5 5l-9 9-4-4 9-9M14 6l3-3 4 4-3 3',
  up: 'M7 11l4-8c2 0 3 1 3 3v4h5c1.5 0 2 1 2 2l-1.5 7c-.3 1-1 2-2 2H7zM7 11H3v10h4',
  down: 'M7 13l4 8c2 0 3-1 3-3v-4h5c1.5 0 2-1 2-2l-1.5-7c-.3-1-1-2-2-2H7zM7 13H3V3h4',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The product's mark. */
export function Mark(): ReactElement {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <circle cx="11" cy="12" r="4" />
      <circle cx="21" cy="12" r="4" opacity=".65" />
      <path d="M5 26c0-4 3-7 6-7s5 2 5 4c0-2 2-4 5-4s6 3 6 7z" />
    </svg>
  );
}
