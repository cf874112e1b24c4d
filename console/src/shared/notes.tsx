/** What is said where something is missing or went wrong: what it is, and what to do. */
import type { ReactElement, ReactNode } from 'react';
import { ApiError } from './api.ts';

/** What helps, by the code of the error. */
const REMEDIES: Readonly<Record<string, string>> = {
  unauthorized: 'Check the key: it may have been revoked, or belong to another deployment.',
  token_expired: 'Forget the key, and sign in with a fresh token.',
  forbidden: 'This key may not do that. Sign in with one that has the scopes “watch” and “operate”.',
  temporal_unavailable:
    'The list comes from Temporal, which does not answer. Sessions that you know by their id still open.',
  log_unavailable: 'Redis does not answer. Nothing is lost; the console goes on by itself once it is back.',
  archive_unavailable: 'The archive does not answer. What is in Redis can still be read.',
  worker_unavailable: 'No worker answers for this session: start one, or look whether it is overloaded.',
};

export function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

interface ErrorNoteProps {
  readonly error: Error;
  readonly retry?: (() => void) | undefined;
}

export function ErrorNote({ error, retry }: ErrorNoteProps): ReactElement {
  const code = codeOf(error);
  const title = error instanceof ApiError ? error.title : 'That did not work.';
  // What the API says is for programs that call it.
  const told = (code === undefined ? undefined : REMEDIES[code]) ?? error.message;
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>{title}</strong> {told !== title && told}
      </p>
      <p className="note-foot">
        {code !== undefined && <code>{code}</code>}
        {retry && (
          <button type="button" className="button small" onClick={retry}>
            Try again
          </button>
        )}
      </p>
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
}

export function Empty({ title, children }: EmptyProps): ReactElement {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }): ReactElement {
  return (
    <p className="loading" role="status">
      <span className="spinner" aria-hidden="true" /> Loading {what} …
    </p>
  );
}
