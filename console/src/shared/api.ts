/** REST requests to the gateway that has served the console. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../../src/contracts/public.ts';

/** A request that takes longer has failed, ms. */
const ANSWER_MS = 15_000;

/** A refusal, with its code of the error table and what to do about it. */
export class ApiError extends Error {
  readonly code: string;
  readonly title: string;
  readonly status: number;

  constructor(
    status: number,
    { code, title, detail }: { readonly code: string; readonly title: string; readonly detail?: string },
  ) {
    super(detail ?? title);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.title = title;
  }
}

export interface ApiOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export type Api = <T>(path: string, options?: ApiOptions) => Promise<T>;

const OFFLINE = {
  code: 'offline',
  title: 'The gateway does not answer.',
  detail: 'It may be starting, or this machine is offline. The console tries again by itself.',
} as const;

/** Asks with this key. Throws `ApiError`. */
export function apiOf(key: string): Api {
  return async <T>(path: string, { method = 'GET', body, signal }: ApiOptions = {}) => {
    const timeout = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    }).catch(() => {
      signal?.throwIfAborted();
      throw new ApiError(0, OFFLINE);
    });
    const answer = (await response.json().catch(() => null)) as T | Problem | null;
    if (response.ok) return answer as T;
    const problem = answer as Problem | null;
    throw new ApiError(response.status, problem ?? { ...OFFLINE, code: 'internal' });
  };
}

/** The same request for a terminal. The key is left to a variable, so that it is in no history and no chat. */
export function curlOf(path: string, { method = 'GET', body }: ApiOptions = {}): string {
  const lines = [
    `curl -sS${method === 'GET' ? '' : ` -X ${method}`} '${location.origin}${path}'`,
    `-H "Authorization: Bearer $CONVOKE_KEY"`,
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`]),
  ];
  return lines.join(' \\\n  ');
}

export interface Asked<T> {
  /** The newest answer; null: there is none yet. It stays while it is asked for again. */
  readonly data: T | null;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly refresh: () => void;
}

/**
 * The answer of a request, asked for again every `everyMs` while the page is looked at. `ask` comes from `useCallback`: another one drops the
 * answer of the last.
 */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs?: number): Asked<T> {
  const [state, setState] = useState<{
    readonly of: unknown;
    readonly data: T | null;
    readonly error: Error | null;
  }>({
    of: ask,
    data: null,
    error: null,
  });
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const data = document.visibilityState === 'visible' ? await ask(over.signal) : null;
        if (data !== null) setState({ of: ask, data, error: null });
      } catch (thrown) {
        if (over.signal.aborted) return;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        setState((last) => ({ of: ask, data: last.of === ask ? last.data : null, error }));
      }
      if (everyMs !== undefined && !over.signal.aborted) timer = setTimeout(() => void run(), everyMs);
    };
    again.current = () => void run();
    const onShow = (): void => {
      if (document.visibilityState === 'visible') void run();
    };
    document.addEventListener('visibilitychange', onShow);
    void run();
    return () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onShow);
    };
  }, [ask, everyMs]);
  const refresh = useCallback(() => again.current(), []);
  const isCurrent = state.of === ask;
  return {
    data: isCurrent ? state.data : null,
    error: isCurrent ? state.error : null,
    isLoading: !isCurrent || (state.data === null && state.error === null),
    refresh,
  };
}
