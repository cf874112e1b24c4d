/** The bare engine: the least that the same packages need for durable turns with live tokens. The floor that the product is compared with. */

/** The same in every process. */
export const BARE = {
  workflow: 'bareSession',
  taskQueue: 'bare',
  signal: 'message',
  heartbeats: 'bareHeartbeats',
} as const;

/** An activity that persists what it has come to, again and again. */
export interface BareHeartbeats {
  readonly count: number;
  /** Of each heartbeat's details, characters. */
  readonly chars: number;
}

export interface BareStart {
  readonly session: string;
  readonly agents: number;
  readonly tokens: number;
  /** Pause before each token, ms; 0: none. */
  readonly paceMs: number;
  /** Tokens are the time of their saying, µs. */
  readonly stamped: boolean;
}

export interface BareMessage {
  readonly turn: number;
  readonly text: string;
}

/** One agent's part of a turn. */
export interface BareStep extends BareStart {
  readonly turn: number;
  readonly agent: number;
  readonly heard: string;
}

/** The Redis channel of a session. A notice is `turn agent attempt index text`. */
export function bareChannel(session: string): string {
  return `bare:{${session}}`;
}
