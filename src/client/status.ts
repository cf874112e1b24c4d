/** The status of the connection. */
export interface ClientStatus {
  /** `connecting`: an attempt is in progress. `offline`: the next one is planned. `closed`: there will be none. */
  readonly state: 'connecting' | 'online' | 'offline' | 'closed';
  /** The gateway in question. */
  readonly url: string;
  /** Why it is offline or closed: an error code, or Socket.IO's reason. */
  readonly reason?: string;
  /** When the next attempt starts, ms after this status. */
  readonly retryInMs?: number;
  /** The error, if there is one. */
  readonly error?: Error;
}
