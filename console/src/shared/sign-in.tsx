/** Where the key is typed in. */
import { useState } from 'react';
import type { ReactElement } from 'react';
import { ErrorNote } from './notes.tsx';
import { Mark } from './icons.tsx';

/** The address of the page for another key. */
export const SIGN_IN = '/sign-in';

interface SignInProps {
  /** Which key is missing. */
  readonly title?: string;
  /** Why the last key was refused. */
  readonly error: Error | null;
  /** Throws if the key opens nothing. */
  readonly open: (key: string) => Promise<void>;
}

export function SignIn({ title = 'Convoke console', error: earlier, open }: SignInProps): ReactElement {
  const [key, setKey] = useState('');
  const [error, setError] = useState(earlier);
  const [isAsking, setAsking] = useState(false);
  const submit = async (): Promise<void> => {
    setAsking(true);
    setError(null);
    await open(key.trim()).then(
      () => setKey(''),
      (thrown: unknown) => setError(thrown as Error),
    );
    setAsking(false);
  };
  return (
    <div className="sign-in">
      <form
        className="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Mark />
        <h1>{title}</h1>
        <p className="soft">
          Enter an API key of your tenant, a session token with the role <code>operator</code> for{' '}
          <code>*</code>, or an operator’s key for tenants and the system.
        </p>
        <label className="field">
          <span>Key or token</span>
          <input
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
            autoFocus
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        {error && <ErrorNote error={error} />}
        <button className="button primary" disabled={isAsking || key.trim() === ''}>
          {isAsking ? 'Checking …' : 'Open the console'}
        </button>
        <p className="small soft">
          It stays in this tab, beside the other keys there, until you close the tab or forget it.
        </p>
      </form>
    </div>
  );
}
