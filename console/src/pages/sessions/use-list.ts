/** The pages of the list that are loaded; the first one is asked for again and again. */
import { useCallback, useEffect, useState } from 'react';
import type { SessionPage, SessionSummary } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { useAsked } from '../../shared/api.ts';
import { listPath } from './filters.ts';
import type { Asked } from './filters.ts';

/** New sessions show up within so long, ms, and within what Temporal's list lags behind. */
const EVERY_MS = 2_000;

export interface List {
  readonly sessions: readonly SessionSummary[];
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  readonly more: () => void;
  readonly refresh: () => void;
}

interface Further {
  readonly sessions: readonly SessionSummary[];
  /** Undefined: no further page was read yet. */
  readonly next: string | null | undefined;
}

const NONE: Further = { sessions: [], next: undefined };

export function useList({ status, team, since }: Asked): List {
  const { api } = useAccess();
  const [further, setFurther] = useState(NONE);
  const path = useCallback(
    (cursor: string | null) => listPath({ status, team, since }, cursor),
    [status, team, since],
  );
  useEffect(() => setFurther(NONE), [path]);
  const first = useAsked(
    useCallback((signal) => api<SessionPage>(path(null), { signal }), [api, path]),
    EVERY_MS,
  );
  const next = further.next === undefined ? (first.data?.next ?? null) : further.next;
  const more = (): void => {
    if (next === null) return;
    void api<SessionPage>(path(next)).then(
      (page) => setFurther((last) => ({ sessions: [...last.sessions, ...page.data], next: page.next })),
      () => first.refresh(),
    );
  };
  const newest = first.data?.data ?? [];
  const known = new Set(newest.map(({ id }) => id));
  return {
    sessions: [...newest, ...further.sessions.filter(({ id }) => !known.has(id))],
    error: first.error,
    isLoading: first.isLoading,
    hasMore: next !== null,
    more,
    refresh: first.refresh,
  };
}
