/** With which key the console asks: `dev` in dev mode, else one that is typed in and kept for this tab. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { connect } from '../../../src/client/index.ts';
import { ConvokeProvider } from '../../../src/client/react/index.ts';
import { DEV_OPERATOR_KEY } from '../../../src/contracts/public.ts';
import { ApiError, apiOf } from './api.ts';
import type { Api } from './api.ts';
import { SignIn } from './sign-in.tsx';

const KEY = 'convoke.console.key';
const NAME = 'convoke.console.name';

export interface Access {
  readonly api: Api;
  /** `tenant`: sessions of one tenant. `operator`: `/v1/admin` and nothing else. */
  readonly kind: 'tenant' | 'operator';
  /** No key was asked for: this is dev mode. */
  readonly devMode: boolean;
  /** Asks as an operator: with an operator's key, and in dev mode. Null: this key may not. */
  readonly admin: Api | null;
  /** In whose name messages and votes are sent. */
  readonly name: string;
  /** Undefined: the name is that of the session token. */
  readonly rename: ((name: string) => void) | undefined;
  /** Forgets the key. */
  readonly signOut: () => void;
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

/** Storage may be forbidden. */
function stored(name: string, storage: () => Storage): string | null {
  try {
    return storage().getItem(name);
  } catch {
    return null;
  }
}

function store(name: string, value: string | null, storage: () => Storage): void {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, value);
  } catch {
    // It is then asked for again after a reload.
  }
}

/** What a key opens. Throws `ApiError` if it opens nothing. */
async function kindOf(key: string): Promise<Access['kind']> {
  const api = apiOf(key);
  try {
    await api('/v1/sessions?limit=1');
    return 'tenant';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'forbidden') {
      await api('/v1/admin/tenants');
      return 'operator';
    }
    // The key is right; that the engine is away is told where it is needed.
    if (error.status === 0 || error.status === 401) throw error;
    return 'tenant';
  }
}

/** Of a session token, who it is for. Gateways check it; here it is only shown. Null: it is a key. */
function subjectOf(token: string): string | null {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly sub?: unknown };
    return typeof sub === 'string' ? sub : null;
  } catch {
    return null;
  }
}

interface Opened {
  readonly key: string;
  readonly kind: Access['kind'];
}

type State =
  | { readonly step: 'starting' }
  | { readonly step: 'asking'; readonly error: Error | null }
  | ({ readonly step: 'open'; readonly devMode: boolean } & Opened);

async function begin(): Promise<State> {
  const config = await fetch('/console/config.json')
    .then((response) => response.json() as Promise<{ readonly devMode: boolean }>)
    .catch(() => ({ devMode: false }));
  const own = stored(KEY, () => sessionStorage);
  const key = own ?? (config.devMode ? 'dev' : null);
  if (key === null) return { step: 'asking', error: null };
  return kindOf(key).then(
    (kind): State => ({ step: 'open', devMode: own === null, key, kind }),
    (error: unknown): State => ({ step: 'asking', error: error as Error }),
  );
}

export function AccessGate({ children }: { readonly children: ReactNode }): ReactElement | null {
  const [state, setState] = useState<State>({ step: 'starting' });
  useEffect(() => {
    let isOver = false;
    void begin().then((next) => isOver || setState(next));
    return () => {
      isOver = true;
    };
  }, []);
  const signOut = useCallback(() => setState({ step: 'asking', error: null }), []);
  if (state.step === 'starting') return null;
  if (state.step === 'asking') {
    const open = async (key: string): Promise<void> => {
      const kind = await kindOf(key);
      store(KEY, key, () => sessionStorage);
      setState({ step: 'open', devMode: false, key, kind });
    };
    return <SignIn error={state.error} open={open} />;
  }
  return (
    <Opened key={state.key} secret={state.key} kind={state.kind} devMode={state.devMode} signOut={signOut}>
      {children}
    </Opened>
  );
}

interface OpenedProps extends Pick<Access, 'kind' | 'devMode' | 'signOut'> {
  readonly secret: string;
  readonly children: ReactNode;
}

/** One client for each key. */
function Opened({ secret, kind, devMode, signOut, children }: OpenedProps): ReactElement {
  const [name, setName] = useState(() => stored(NAME, () => localStorage) ?? 'operator');
  const subject = useMemo(() => subjectOf(secret), [secret]);
  const access = useMemo<Access>(
    () => ({
      ...{ api: apiOf(secret), kind, devMode, name: subject ?? name },
      admin: kind === 'operator' ? apiOf(secret) : devMode ? apiOf(DEV_OPERATOR_KEY) : null,
      rename:
        subject === null
          ? (next: string) => {
              store(NAME, next, () => localStorage);
              setName(next);
            }
          : undefined,
      signOut: () => {
        store(KEY, null, () => sessionStorage);
        signOut();
      },
    }),
    [secret, subject, kind, devMode, name, signOut],
  );
  const client = useMemo(
    () => (kind === 'tenant' ? connect({ url: location.origin, token: secret }) : null),
    [secret, kind],
  );
  useEffect(() => () => client?.close(), [client]);
  const inside = client ? <ConvokeProvider client={client}>{children}</ConvokeProvider> : children;
  return <AccessContext value={access}>{inside}</AccessContext>;
}
