/** The client of the components below, and whether it is connected. */
import { createContext, createElement, useCallback, useContext, useSyncExternalStore } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { Client } from '../client.ts';
import type { ClientStatus } from '../status.ts';

const ClientContext = createContext<Client | null>(null);

export interface ConvokeProviderProps {
  /** What `connect(…)` returned, made once outside of components. */
  readonly client: Client;
  readonly children?: ReactNode;
}

/** Gives the hooks below it their client. */
export function ConvokeProvider({ client, children }: ConvokeProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest `ConvokeProvider`. Throws outside of one. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('Put <ConvokeProvider client={…}> around what uses the hooks of Convoke.');
  return client;
}

/** Whether there is a connection, to which gateway, and when the next attempt is. */
export function useConnection(): ClientStatus {
  const client = useClient();
  const subscribe = useCallback((changed: () => void) => client.on('status', changed), [client]);
  const get = useCallback(() => client.status, [client]);
  return useSyncExternalStore(subscribe, get, get);
}
