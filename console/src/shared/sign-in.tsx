/** Where the key is typed in. */
import { useState } from 'react';
import type { ReactElement } from 'react';
import { ErrorNote } from './notes.tsx';
import { Mark } from './icons.tsx';

interface SignInProps {
  /** Why the last key was refused. */
  readonly error: Error | null;
  /** Throws if the key opens nothing. */
  readonly open: (key: string) => Promise<void>;
}

export function SignIn({ error: earlier, open }: SignInProps): ReactElement {
  const [key, setKey] = useState('');
  const [error, setError] = useState(earlier);
  const [isAsking, setAsking] = useState(false);
  const submit = async (): Promise<void> => {
    setAsking(true);
    await open(key.trim()).catch((thrown: unknown) => setError(thrown as Error));
    setAsking(false);
  };
  return (
    <main className="sign-in">
      <form
        className="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Mark />
        <h1>Convoke console</h1>
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
        <p className="small soft">It stays in this tab, until you close the tab or forget the key.</p>
      </form>
    </main>
  );
}
