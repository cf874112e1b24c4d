/** Search and filters of the list; they stand in the address. */
import { useEffect, useRef } from 'react';
import type { ReactElement } from 'react';
import { Icon } from '../../shared/icons.tsx';
import { setQuery, usePlace } from '../../shared/router.tsx';
import { AGES } from './filters.ts';
import { WAITS } from './facts.ts';

interface ToolbarProps {
  readonly tenant: string | undefined;
  readonly teams: readonly string[];
  readonly agents: readonly string[];
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}

function Choice({ name, label, options }: ChoiceProps): ReactElement {
  const { query } = usePlace();
  const value = query.get(name) ?? '';
  return (
    <select
      aria-label={label}
      value={value}
      data-set={value !== '' || undefined}
      onChange={(event) => setQuery({ [name]: event.target.value })}
    >
      <option value="">{label}</option>
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}

const STATUSES = ['open', 'hibernated', 'closed', 'interrupted'] as const;
const FEEDBACK = [
  ['any', 'Has feedback'],
  ['low', 'Low: a thumb down, or a score under 0.5'],
  ['good', 'Good feedback alone'],
] as const;
const named = (names: readonly string[]): readonly (readonly [string, string])[] =>
  names.map((name) => [name, name]);

/** `/` goes to the search, as in many tools. */
function useSlash(): React.RefObject<HTMLInputElement | null> {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const inField = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || inField) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return input;
}

export function Toolbar({ tenant, teams, agents }: ToolbarProps): ReactElement {
  const { query } = usePlace();
  const input = useSlash();
  const isFiltered = [...query.keys()].length > 0;
  return (
    <div className="toolbar" role="search">
      <label className="search">
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Search sessions"
          placeholder="Search id, team, member or text"
          value={query.get('q') ?? ''}
          onChange={(event) => setQuery({ q: event.target.value })}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <div className="filters">
        {tenant && (
          <span className="tenant" title="The tenant of your key">
            {tenant}
          </span>
        )}
        <Choice name="status" label="Any status" options={named(STATUSES)} />
        <Choice name="team" label="Any team" options={named(teams)} />
        <Choice name="agent" label="Any agent" options={named(agents)} />
        <Choice name="age" label="Any age" options={AGES.map(([name, text]) => [name, text])} />
        <Choice
          name="waits"
          label="Waiting or not"
          options={[
            ['any', 'Waits for anything'],
            ['people', 'Waits for people'],
            ...Object.entries(WAITS).map(([kind, what]) => [kind, `Waits for ${what}`] as const),
          ]}
        />
        <Choice name="feedback" label="Rated or not" options={FEEDBACK} />
        <label className="toggle">
          <input
            type="checkbox"
            checked={query.get('stuck') !== null}
            onChange={(event) => setQuery({ stuck: event.target.checked ? '1' : '' })}
          />
          Stuck
        </label>
        {isFiltered && (
          <button
            type="button"
            className="button small quiet"
            onClick={() => setQuery(Object.fromEntries([...query.keys()].map((key) => [key, ''])))}
          >
            Clear
          </button>
        )}
      </div>
    </div>
  );
}
