import type { Connection } from './connection.ts';
import type { ClientStorage } from './outbox.ts';
import type { Places } from './places.ts';
import type { Session } from './session.ts';
import type { Pace } from './timing.ts';

/** Where HTTP requests go, and with which token. */
export interface Gateway {
  url(): string;
  token(): Promise<string>;
}

/** What a session gets from its client. */
export interface SessionHost {
  readonly connection: Connection;
  readonly places: Places;
  readonly gateway: Gateway;
  readonly requestTimeoutMs: number;
  readonly outboxLimit: number;
  readonly pace: Pace;
  readonly storage: ClientStorage | undefined;
  readonly storageKey: string;
  /** The session of that id, followed. */
  follow(id: string): Session;
  forget(session: Session): void;
}
