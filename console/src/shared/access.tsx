/** With which keys the console asks: those of dev mode, else such as are typed in and kept for this tab. */
import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { connect } from '../../../src/client/index.ts';
import { ConvokeProvider } from '../../../src/client/react/index.ts';
import { DEV_KEY, DEV_OPERATOR_KEY } from '../../../src/contracts/public.ts';
import { apiOf } from './api.ts';
import type { Api } from './api.ts';
import { fitting, homeOf, keyOf, staysAt, subjectOf, withKey } from './keys.ts';
import type { Key, Wanted } from './keys.ts';
import { go, setQuery, START, to, usePlace } from './router.tsx';
import type { Place } from './router.tsx';
import { SignIn } from './sign-in.tsx';
import { store, stored } from './store.ts';

/** One in each line. */
const KEYS = 'convoke.console.key';
const NAME = 'convoke.console.name';

export interface Access {
  /** Asks with the key of the tenant whose sessions are looked at. */
  readonly api: Api;
  /** Asks as an operator. Null: there is no such key. */
  readonly admin: Api | null;
  readonly keys: readonly Key[];
  /** The one of `api`; undefined: there is none that fits the address. */
  readonly tenant: Key | undefined;
  /** Checks a key, keeps it, and opens a page that it may see. Throws `ApiError`. */
  readonly signIn: (secret: string) => Promise<void>;
  /** Goes to the first page that the key opens. */
  readonly use: (key: Key) => void;
  readonly forget: (key: Key) => void;
  /** The keys are those of dev mode: nobody was asked for one. */
  readonly isDefault: boolean;
  /** In whose name messages and votes are sent. */
  readonly name: string;
  /** Undefined: the name is that of the session token. */
  readonly rename: ((name: string) => void) | undefined;
}

const AccessContext = createContext<Access | null>(null);

export function useAccess(): Access {
  const access = useContext(AccessContext);
  if (!access) throw new Error('Outside of AccessGate.');
  return access;
}

/** Asks as an operator, on a page that needs one. */
export function useAdmin(): Api {
  const { admin } = useAccess();
  if (!admin) throw new Error('This page needs an operator’s key.');
  return admin;
}

interface State {
  readonly isDefault: boolean;
  readonly keys: readonly Key[];
  /** Why there are none. */
  readonly error: Error | null;
}

async function begin(): Promise<State> {
  const { devMode } = await fetch('/console/config.json')
    .then((response) => response.json() as Promise<{ readonly devMode: boolean }>)
    .catch(() => ({ devMode: false }));
  const own = stored(KEYS, () => sessionStorage)?.split('\n');
  const secrets = own ?? (devMode ? [DEV_KEY] : []);
  const asked = await Promise.allSettled(secrets.map(keyOf));
  const keys = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const refused = asked.find((each) => each.status === 'rejected');
  const isDefault = devMode && !own;
  return { isDefault, keys, error: keys.length === 0 && refused ? (refused.reason as Error) : null };
}

const DEV_OPERATOR: Key = { secret: DEV_OPERATOR_KEY, kind: 'operator', tenant: '' };

/** In dev mode everybody is an operator. */
function allOf({ isDefault, keys }: State): readonly Key[] {
  return isDefault && keys.length > 0 ? [...keys, DEV_OPERATOR] : keys;
}

type Acts = Pick<Access, 'signIn' | 'use' | 'forget'>;

function actsOf(keys: readonly Key[], wanted: Wanted, change: (keys: readonly Key[]) => void): Acts {
  const open = (key: Key | undefined): void => go(to(homeOf(key)));
  return {
    signIn: async (secret) => {
      const key = await keyOf(secret);
      const before = fitting(keys, { needs: 'tenant', tenant: null });
      if (!staysAt(wanted, key, before)) open(key);
      change(withKey(keys, key));
    },
    use: (key) => {
      open(key);
      change(withKey(keys, key));
    },
    forget: (key) => {
      const left = keys.filter(({ secret }) => secret !== key.secret);
      open(left[0]);
      change(left);
    },
  };
}

interface AccessGateProps {
  /** Of the page at this path. */
  readonly needsOf: (path: string) => Wanted['needs'];
  readonly children: ReactNode;
}

function wantedAt({ path, query }: Place, needsOf: AccessGateProps['needsOf']): Wanted {
  const needs = needsOf(path);
  return { needs, tenant: needs === 'tenant' ? query.get('tenant') : null };
}

export function AccessGate({ needsOf, children }: AccessGateProps): ReactElement | null {
  const place = usePlace();
  const wanted = wantedAt(place, needsOf);
  const [state, setState] = useState<State | null>(null);
  useEffect(() => {
    let isOver = false;
    void begin().then((next) => isOver || setState(next));
    return () => {
      isOver = true;
    };
  }, []);
  const keys = useMemo(() => (state ? allOf(state) : []), [state]);
  const key = fitting(keys, { needs: 'tenant', tenant: wanted.tenant });
  const change = (next: readonly Key[]): void => {
    store(KEYS, next.map(({ secret }) => secret).join('\n') || null, () => sessionStorage);
    setState({ isDefault: false, keys: next, error: null });
  };
  const isNamed = wanted.tenant !== null && key !== undefined;
  useEffect(() => {
    if (!isNamed) return;
    // From here on it is the tenant that is used.
    change(withKey(keys, key));
    setQuery({ tenant: '' });
  }, [isNamed]);
  useEffect(() => {
    const home = homeOf(keys[0]);
    if (['', '#', '#/'].includes(location.hash) && home !== START) go(to(home), { replace: true });
  }, [keys]);
  if (!state) return null;
  const acts = actsOf(keys, wanted, change);
  if (keys.length === 0)
    return (
      <main>
        <SignIn error={state.error} open={acts.signIn} />
      </main>
    );
  return (
    <Opened key={key?.secret ?? ''} keys={keys} tenant={key} isDefault={state.isDefault} acts={acts}>
      {children}
    </Opened>
  );
}

interface OpenedProps extends Pick<Access, 'keys' | 'tenant' | 'isDefault'> {
  readonly acts: Acts;
  readonly children: ReactNode;
}

/** One client for each tenant. */
function Opened({ keys, tenant, isDefault, acts, children }: OpenedProps): ReactElement {
  const [name, setName] = useState(() => stored(NAME, () => localStorage) ?? 'operator');
  const operator = fitting(keys, { needs: 'operator', tenant: null })?.secret;
  const secret = tenant?.secret;
  const [api, admin] = useMemo(
    () => [apiOf(secret ?? ''), operator === undefined ? null : apiOf(operator)],
    [secret, operator],
  );
  const subject = useMemo(() => subjectOf(secret ?? ''), [secret]);
  const rename = (next: string): void => {
    store(NAME, next, () => localStorage);
    setName(next);
  };
  const named = subject === null ? { name, rename } : { name: subject, rename: undefined };
  const access: Access = { api, admin, keys, tenant, isDefault, ...acts, ...named };
  const client = useMemo(
    () => (secret === undefined ? null : connect({ url: location.origin, token: secret })),
    [secret],
  );
  useEffect(() => () => client?.close(), [client]);
  const inside = client ? <ConvokeProvider client={client}>{children}</ConvokeProvider> : children;
  return <AccessContext value={access}>{inside}</AccessContext>;
}
