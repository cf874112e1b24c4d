/** Light, dark, or as the system has it. */
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';
import { Icon } from './icons.tsx';

const NAME = 'convoke.console.theme';
const THEMES = ['system', 'light', 'dark'] as const;
type ThemeName = (typeof THEMES)[number];

function chosen(): ThemeName {
  try {
    const name = localStorage.getItem(NAME);
    return THEMES.find((each) => each === name) ?? 'system';
  } catch {
    return 'system';
  }
}

export function Theme(): ReactElement {
  const [theme, setTheme] = useState(chosen);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem(NAME, theme);
    } catch {
      // It lasts as long as the tab.
    }
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  return (
    <button
      type="button"
      className="button small quiet icon-only"
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme}`}
      onClick={() => setTheme(next)}
    >
      <Icon name="sun" />
    </button>
  );
}
