/** Which page is open: it stands behind `#` in the address, with its filters, so each state of a page can be linked to. */
import { useMemo, useSyncExternalStore } from 'react';
import type { ComponentPropsWithoutRef, ReactElement } from 'react';

export interface Place {
  /** `/sessions/s1` */
  readonly path: string;
  readonly query: URLSearchParams;
}

export const START = '/sessions';

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  return { path: path.startsWith('/') && path !== '/' ? path : START, query: new URLSearchParams(query) };
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => placeOf(hash), [hash]);
}

/** An address of the console: `to('/sessions', { status: 'open' })`. Empty values are left out. */
export function to(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((each): each is [string, string] => Boolean(each[1]));
  const asked = new URLSearchParams(given).toString();
  return `#${path}${asked && `?${asked}`}`;
}

/** Opens another place; `replace`: without a step of the history for it. */
export function go(address: string, { replace = false } = {}): void {
  if (!replace) {
    location.hash = address;
    return;
  }
  history.replaceState(null, '', address);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Changes filters of the page that is open; undefined or empty takes one away. */
export function setQuery(change: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = placeOf(location.hash);
  go(to(path, { ...Object.fromEntries(query), ...change }), { replace: true });
}

/** The parts of `path` that `pattern` names; null: it is another page. */
export function match(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [pattern.split('/'), path.replace(/\/$/, '').split('/')];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '');
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return params;
}

export function Link({
  to: address,
  ...rest
}: { readonly to: string } & ComponentPropsWithoutRef<'a'>): ReactElement {
  return <a href={address} {...rest} />;
}
